// The model and its inputs, as a board has them in flash.
  .section .model, "a", %progbits
  .global mls_model, mls_model_end, mls_inputs, mls_inputs_end
  .balign 16
mls_model:
  .incbin MLS_BENCH_MODEL
mls_model_end:
  .balign 16
mls_inputs:
  .incbin MLS_BENCH_INPUTS
mls_inputs_end:
#if __ARM_ARCH >= 8
  .global mls_is_an547
  .set mls_is_an547, 1
#endif
