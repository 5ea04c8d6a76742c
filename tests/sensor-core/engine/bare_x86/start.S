// From a Multiboot loader (32 bits, no paging) to main() in 64-bit mode with AVX-512 on. Multiboot Specification 0.6.96; Intel SDM volume 3.
#define LOAD 0x100000

  .section .header, "a"
  .code32
header:
  .long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
  .long header, LOAD, load_end, bss_end, start

  .text
  .global start
start:
  cli
  mov $stack_end, %esp
  // The first GiB where it is, in pages of 2 MiB.
  mov $directory, %edi
  mov $0x83, %eax
  mov $512, %ecx
1:
  mov %eax, (%edi)
  add $0x200000, %eax
  add $8, %edi
  loop 1b
  movl $directory + 3, pointers
  movl $pointers + 3, top
  mov $top, %eax
  mov %eax, %cr3
  mov %cr4, %eax
  or $0x40620, %eax  // PAE, OSFXSR, OSXMMEXCPT, OSXSAVE
  mov %eax, %cr4
  mov $0xc0000080, %ecx  // EFER
  rdmsr
  or $0x100, %eax  // LME
  wrmsr
  mov %cr0, %eax
  and $~0xc, %eax  // EM, TS
  or $0x80000002, %eax  // PG, MP
  mov %eax, %cr0
  xor %ecx, %ecx
  xgetbv
  or $0xe7, %eax  // x87, SSE, AVX, AVX-512
  xsetbv
  lgdt table
  ljmp $8, $long_mode

  .code64
long_mode:
  mov $stack_end, %rsp
  xor %eax, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  call main
1:
  hlt
  jmp 1b

  .data
  .balign 8
descriptors:
  .quad 0, 0x00af9a000000ffff
table:
  .word . - descriptors - 1
  .long descriptors

  .global cases
  .balign 64
cases:
  .incbin CASES

  .bss
  .balign 4096
top:
  .skip 4096
pointers:
  .skip 4096
directory:
  .skip 4096
  .skip 65536
stack_end:

  .section .note.GNU-stack, "", @progbits
