/* Registers of mlsensor modules. Written by mls-export-registers from the register map: do not edit.
 * MLS_WINDOW_...: address, size and page of each window; its last two bytes are its CRC.
 * MLS_REG_..._ADDRESS: address of a register; _OFFSET: where it is in its window; _BYTES: its size, little-endian. */
#ifndef MLSENSOR_REGISTERS_H
#define MLSENSOR_REGISTERS_H

#define MLS_INTERFACE_MAJOR                         1
#define MLS_INTERFACE_MINOR                         1
#define MLS_MAGIC                                   0x32534C4Du
#define MLS_DEFAULT_I2C_ADDRESS                     0x6Cu
#define MLS_MAX_WINDOW_BYTES                        32
#define MLS_EVENT_RECORD_BYTES                      16
#define MLS_NO_LABEL                                255
#define MLS_CRC16_POLYNOMIAL                        0x1021u
#define MLS_CRC16_INITIAL                           0xFFFFu
#define MLS_MAX_FRAME_PAYLOAD_BYTES                 64
#define MLS_MAX_ENCODED_FRAME_BYTES                 72

/* Who is this? Valid in every boot stage. */
#define MLS_WINDOW_IDENT_ADDRESS                    0x00u
#define MLS_WINDOW_IDENT_BYTES                      32
#define MLS_REG_IDENT_MAGIC_ADDRESS                 0x00u         /* The bytes "MLS2". */
#define MLS_REG_IDENT_MAGIC_OFFSET                  0
#define MLS_REG_IDENT_MAGIC_BYTES                   4
#define MLS_REG_IDENT_INTERFACE_MAJOR_ADDRESS       0x04u         /* Major version of this register map. */
#define MLS_REG_IDENT_INTERFACE_MAJOR_OFFSET        4
#define MLS_REG_IDENT_INTERFACE_MAJOR_BYTES         1
#define MLS_REG_IDENT_INTERFACE_MINOR_ADDRESS       0x05u         /* Minor version of this register map. */
#define MLS_REG_IDENT_INTERFACE_MINOR_OFFSET        5
#define MLS_REG_IDENT_INTERFACE_MINOR_BYTES         1
#define MLS_REG_IDENT_PROFILE_ADDRESS               0x06u         /* What kind of sensor this is. */
#define MLS_REG_IDENT_PROFILE_OFFSET                6
#define MLS_REG_IDENT_PROFILE_BYTES                 1
#define MLS_REG_IDENT_HARDWARE_REVISION_ADDRESS     0x07u         /* Revision of the board; 0 for a process without a board. */
#define MLS_REG_IDENT_HARDWARE_REVISION_OFFSET      7
#define MLS_REG_IDENT_HARDWARE_REVISION_BYTES       1
#define MLS_REG_IDENT_VENDOR_ID_ADDRESS             0x08u         /* Maker of the module; 0 is the mlsensor project. */
#define MLS_REG_IDENT_VENDOR_ID_OFFSET              8
#define MLS_REG_IDENT_VENDOR_ID_BYTES               2
#define MLS_REG_IDENT_PRODUCT_ID_ADDRESS            0x0Au         /* Product number of that maker. */
#define MLS_REG_IDENT_PRODUCT_ID_OFFSET             10
#define MLS_REG_IDENT_PRODUCT_ID_BYTES              2
#define MLS_REG_IDENT_FIRMWARE_MAJOR_ADDRESS        0x0Cu         /* Firmware version, first part. */
#define MLS_REG_IDENT_FIRMWARE_MAJOR_OFFSET         12
#define MLS_REG_IDENT_FIRMWARE_MAJOR_BYTES          1
#define MLS_REG_IDENT_FIRMWARE_MINOR_ADDRESS        0x0Du         /* Firmware version, second part. */
#define MLS_REG_IDENT_FIRMWARE_MINOR_OFFSET         13
#define MLS_REG_IDENT_FIRMWARE_MINOR_BYTES          1
#define MLS_REG_IDENT_FIRMWARE_PATCH_ADDRESS        0x0Eu         /* Firmware version, third part. */
#define MLS_REG_IDENT_FIRMWARE_PATCH_OFFSET         14
#define MLS_REG_IDENT_FIRMWARE_PATCH_BYTES          2
#define MLS_REG_IDENT_MODEL_ID_ADDRESS              0x10u         /* First four bytes of the model's SHA-256, read as a big-endian number. */
#define MLS_REG_IDENT_MODEL_ID_OFFSET               16
#define MLS_REG_IDENT_MODEL_ID_BYTES                4
#define MLS_REG_IDENT_CAPABILITIES_ADDRESS          0x14u         /* What this module can do. */
#define MLS_REG_IDENT_CAPABILITIES_OFFSET           20
#define MLS_REG_IDENT_CAPABILITIES_BYTES            4
#define MLS_REG_IDENT_LARGEST_TRANSFER_BYTES_ADDRESS 0x18u        /* Longest read in one transaction. */
#define MLS_REG_IDENT_LARGEST_TRANSFER_BYTES_OFFSET 24
#define MLS_REG_IDENT_LARGEST_TRANSFER_BYTES_BYTES  2
#define MLS_REG_IDENT_SETTLE_TIME_MS_ADDRESS        0x1Au         /* From power-up or wake-up to the first valid result. */
#define MLS_REG_IDENT_SETTLE_TIME_MS_OFFSET         26
#define MLS_REG_IDENT_SETTLE_TIME_MS_BYTES          2
#define MLS_REG_IDENT_LABEL_COUNT_ADDRESS           0x1Cu         /* Number of classes; their names are in the label window. */
#define MLS_REG_IDENT_LABEL_COUNT_OFFSET            28
#define MLS_REG_IDENT_LABEL_COUNT_BYTES             1
#define MLS_REG_IDENT_EVENT_CAPACITY_ADDRESS        0x1Du         /* Events that the FIFO holds before it counts losses. */
#define MLS_REG_IDENT_EVENT_CAPACITY_OFFSET         29
#define MLS_REG_IDENT_EVENT_CAPACITY_BYTES          1
#define MLS_REG_IDENT_CRC_ADDRESS                   0x1Eu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_IDENT_CRC_OFFSET                    30
#define MLS_REG_IDENT_CRC_BYTES                     2

/* Health, errors, pending interrupts and the answer to the last command. */
#define MLS_WINDOW_STATUS_ADDRESS                   0x20u
#define MLS_WINDOW_STATUS_BYTES                     32
#define MLS_REG_STATUS_BOOT_STAGE_ADDRESS           0x20u         /* How far the module has come up. */
#define MLS_REG_STATUS_BOOT_STAGE_OFFSET            0
#define MLS_REG_STATUS_BOOT_STAGE_BYTES             1
#define MLS_REG_STATUS_RESET_CAUSE_ADDRESS          0x21u         /* Why it last started. */
#define MLS_REG_STATUS_RESET_CAUSE_OFFSET           1
#define MLS_REG_STATUS_RESET_CAUSE_BYTES            1
#define MLS_REG_STATUS_STATE_ADDRESS                0x22u         /* State of the module. */
#define MLS_REG_STATUS_STATE_OFFSET                 2
#define MLS_REG_STATUS_STATE_BYTES                  2
#define MLS_REG_STATUS_PROTOCOL_ERRORS_ADDRESS      0x24u         /* What hosts did wrong since this was cleared (sticky): clear through control.protocol_error_clear. */
#define MLS_REG_STATUS_PROTOCOL_ERRORS_OFFSET       4
#define MLS_REG_STATUS_PROTOCOL_ERRORS_BYTES        2
#define MLS_REG_STATUS_ERROR_DOMAIN_ADDRESS         0x26u         /* Part of the module that failed last. */
#define MLS_REG_STATUS_ERROR_DOMAIN_OFFSET          6
#define MLS_REG_STATUS_ERROR_DOMAIN_BYTES           1
#define MLS_REG_STATUS_ERROR_CODE_ADDRESS           0x27u         /* Status code of the last failure. */
#define MLS_REG_STATUS_ERROR_CODE_OFFSET            7
#define MLS_REG_STATUS_ERROR_CODE_BYTES             1
#define MLS_REG_STATUS_ERROR_COUNT_ADDRESS          0x28u         /* Failures since start; stops at 65535. */
#define MLS_REG_STATUS_ERROR_COUNT_OFFSET           8
#define MLS_REG_STATUS_ERROR_COUNT_BYTES            2
#define MLS_REG_STATUS_INTERRUPT_PENDING_ADDRESS    0x2Au         /* Reasons that ask for service. */
#define MLS_REG_STATUS_INTERRUPT_PENDING_OFFSET     10
#define MLS_REG_STATUS_INTERRUPT_PENDING_BYTES      1
#define MLS_REG_STATUS_INTERRUPT_ENABLE_ADDRESS     0x2Bu         /* Reasons that may assert the interrupt line. */
#define MLS_REG_STATUS_INTERRUPT_ENABLE_OFFSET      11
#define MLS_REG_STATUS_INTERRUPT_ENABLE_BYTES       1
#define MLS_REG_STATUS_UPTIME_MS_ADDRESS            0x2Cu         /* Time since start: the module's clock. Wraps after 49.7 days. */
#define MLS_REG_STATUS_UPTIME_MS_OFFSET             12
#define MLS_REG_STATUS_UPTIME_MS_BYTES              4
#define MLS_REG_STATUS_COMMAND_ADDRESS              0x30u         /* The last command that was taken. */
#define MLS_REG_STATUS_COMMAND_OFFSET               16
#define MLS_REG_STATUS_COMMAND_BYTES                1
#define MLS_REG_STATUS_COMMAND_TOKEN_ADDRESS        0x31u         /* The token that came with it. */
#define MLS_REG_STATUS_COMMAND_TOKEN_OFFSET         17
#define MLS_REG_STATUS_COMMAND_TOKEN_BYTES          1
#define MLS_REG_STATUS_COMMAND_VERDICT_ADDRESS      0x32u         /* What became of it. */
#define MLS_REG_STATUS_COMMAND_VERDICT_OFFSET       18
#define MLS_REG_STATUS_COMMAND_VERDICT_BYTES        1
#define MLS_REG_STATUS_COMMAND_FIELD_ADDRESS        0x33u         /* Register address of the field that the verdict is about; 0 when it is about none. */
#define MLS_REG_STATUS_COMMAND_FIELD_OFFSET         19
#define MLS_REG_STATUS_COMMAND_FIELD_BYTES          1
#define MLS_REG_STATUS_CONFIG_GENERATION_ADDRESS    0x34u         /* Goes up with each commit that took effect. */
#define MLS_REG_STATUS_CONFIG_GENERATION_OFFSET     20
#define MLS_REG_STATUS_CONFIG_GENERATION_BYTES      2
#define MLS_REG_STATUS_UPDATE_STATE_ADDRESS         0x36u         /* State of a firmware or model update. */
#define MLS_REG_STATUS_UPDATE_STATE_OFFSET          22
#define MLS_REG_STATUS_UPDATE_STATE_BYTES           1
#define MLS_REG_STATUS_STALLED_TRANSFERS_ADDRESS    0x38u         /* Transfers dropped because they stalled; stops at 65535. */
#define MLS_REG_STATUS_STALLED_TRANSFERS_OFFSET     24
#define MLS_REG_STATUS_STALLED_TRANSFERS_BYTES      2
#define MLS_REG_STATUS_DROPPED_WRITES_ADDRESS       0x3Au         /* Writes refused because the queue was full; stops at 65535. */
#define MLS_REG_STATUS_DROPPED_WRITES_OFFSET        26
#define MLS_REG_STATUS_DROPPED_WRITES_BYTES         2
#define MLS_REG_STATUS_THROTTLED_READS_ADDRESS      0x3Cu         /* Reads refused by the read-rate limit; stops at 65535. */
#define MLS_REG_STATUS_THROTTLED_READS_OFFSET       28
#define MLS_REG_STATUS_THROTTLED_READS_BYTES        2
#define MLS_REG_STATUS_CRC_ADDRESS                  0x3Eu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_STATUS_CRC_OFFSET                   30
#define MLS_REG_STATUS_CRC_BYTES                    2

/* The latest result: one coherent snapshot. */
#define MLS_WINDOW_RESULT_ADDRESS                   0x40u
#define MLS_WINDOW_RESULT_BYTES                     30
#define MLS_REG_RESULT_SEQUENCE_ADDRESS             0x40u         /* Goes up with each result, valid or not; wraps. */
#define MLS_REG_RESULT_SEQUENCE_OFFSET              0
#define MLS_REG_RESULT_SEQUENCE_BYTES               2
#define MLS_REG_RESULT_FLAGS_ADDRESS                0x42u         /* Whether and how far to trust it. */
#define MLS_REG_RESULT_FLAGS_OFFSET                 2
#define MLS_REG_RESULT_FLAGS_BYTES                  2
#define MLS_REG_RESULT_CAPTURED_MS_ADDRESS          0x44u         /* Module time at the end of the capture. */
#define MLS_REG_RESULT_CAPTURED_MS_OFFSET           4
#define MLS_REG_RESULT_CAPTURED_MS_BYTES            4
#define MLS_REG_RESULT_AGE_MS_ADDRESS               0x48u         /* Time since the capture at the moment of the read; stops at 65535. */
#define MLS_REG_RESULT_AGE_MS_OFFSET                8
#define MLS_REG_RESULT_AGE_MS_BYTES                 2
#define MLS_REG_RESULT_CONFIG_GENERATION_ADDRESS    0x4Au         /* Configuration that made score and decision. */
#define MLS_REG_RESULT_CONFIG_GENERATION_OFFSET     10
#define MLS_REG_RESULT_CONFIG_GENERATION_BYTES      2
#define MLS_REG_RESULT_SCORE_PERMILLE_ADDRESS       0x4Cu         /* Score of `label`, 0 to 1000; its meaning is score_kind. */
#define MLS_REG_RESULT_SCORE_PERMILLE_OFFSET        12
#define MLS_REG_RESULT_SCORE_PERMILLE_BYTES         2
#define MLS_REG_RESULT_DECISION_ADDRESS             0x4Eu         /* Decision of the filters, not of the score alone. */
#define MLS_REG_RESULT_DECISION_OFFSET              14
#define MLS_REG_RESULT_DECISION_BYTES               1
#define MLS_REG_RESULT_COUNT_ADDRESS                0x4Fu         /* How many were found; 0 unless the decision is positive. */
#define MLS_REG_RESULT_COUNT_OFFSET                 15
#define MLS_REG_RESULT_COUNT_BYTES                  1
#define MLS_REG_RESULT_LABEL_ADDRESS                0x50u         /* Number of the class that the score belongs to; 255 for none. */
#define MLS_REG_RESULT_LABEL_OFFSET                 16
#define MLS_REG_RESULT_LABEL_BYTES                  1
#define MLS_REG_RESULT_SCORE_KIND_ADDRESS           0x51u         /* What the score is. */
#define MLS_REG_RESULT_SCORE_KIND_OFFSET            17
#define MLS_REG_RESULT_SCORE_KIND_BYTES             1
#define MLS_REG_RESULT_OBJECT0_X_ADDRESS            0x52u         /* First object: left edge, in 1/255 of the picture's width. */
#define MLS_REG_RESULT_OBJECT0_X_OFFSET             18
#define MLS_REG_RESULT_OBJECT0_X_BYTES              1
#define MLS_REG_RESULT_OBJECT0_Y_ADDRESS            0x53u         /* First object: top edge, in 1/255 of the picture's height. */
#define MLS_REG_RESULT_OBJECT0_Y_OFFSET             19
#define MLS_REG_RESULT_OBJECT0_Y_BYTES              1
#define MLS_REG_RESULT_OBJECT0_WIDTH_ADDRESS        0x54u         /* First object: width, in 1/255; 0 for no object. */
#define MLS_REG_RESULT_OBJECT0_WIDTH_OFFSET         20
#define MLS_REG_RESULT_OBJECT0_WIDTH_BYTES          1
#define MLS_REG_RESULT_OBJECT0_HEIGHT_ADDRESS       0x55u         /* First object: height, in 1/255; 0 for no object. */
#define MLS_REG_RESULT_OBJECT0_HEIGHT_OFFSET        21
#define MLS_REG_RESULT_OBJECT0_HEIGHT_BYTES         1
#define MLS_REG_RESULT_OBJECT0_SCORE_ADDRESS        0x56u         /* First object: score in 1/255. */
#define MLS_REG_RESULT_OBJECT0_SCORE_OFFSET         22
#define MLS_REG_RESULT_OBJECT0_SCORE_BYTES          1
#define MLS_REG_RESULT_OBJECT1_X_ADDRESS            0x57u         /* Second object: left edge, in 1/255 of the picture's width. */
#define MLS_REG_RESULT_OBJECT1_X_OFFSET             23
#define MLS_REG_RESULT_OBJECT1_X_BYTES              1
#define MLS_REG_RESULT_OBJECT1_Y_ADDRESS            0x58u         /* Second object: top edge, in 1/255 of the picture's height. */
#define MLS_REG_RESULT_OBJECT1_Y_OFFSET             24
#define MLS_REG_RESULT_OBJECT1_Y_BYTES              1
#define MLS_REG_RESULT_OBJECT1_WIDTH_ADDRESS        0x59u         /* Second object: width, in 1/255; 0 for no object. */
#define MLS_REG_RESULT_OBJECT1_WIDTH_OFFSET         25
#define MLS_REG_RESULT_OBJECT1_WIDTH_BYTES          1
#define MLS_REG_RESULT_OBJECT1_HEIGHT_ADDRESS       0x5Au         /* Second object: height, in 1/255; 0 for no object. */
#define MLS_REG_RESULT_OBJECT1_HEIGHT_OFFSET        26
#define MLS_REG_RESULT_OBJECT1_HEIGHT_BYTES         1
#define MLS_REG_RESULT_OBJECT1_SCORE_ADDRESS        0x5Bu         /* Second object: score in 1/255. */
#define MLS_REG_RESULT_OBJECT1_SCORE_OFFSET         27
#define MLS_REG_RESULT_OBJECT1_SCORE_BYTES          1
#define MLS_REG_RESULT_CRC_ADDRESS                  0x5Cu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_RESULT_CRC_OFFSET                   28
#define MLS_REG_RESULT_CRC_BYTES                    2

/* Header of the event FIFO and the latched time. */
#define MLS_WINDOW_EVENTS_ADDRESS                   0x60u
#define MLS_WINDOW_EVENTS_BYTES                     24
#define MLS_REG_EVENTS_COUNT_ADDRESS                0x60u         /* Events that wait for acknowledgement. */
#define MLS_REG_EVENTS_COUNT_OFFSET                 0
#define MLS_REG_EVENTS_COUNT_BYTES                  1
#define MLS_REG_EVENTS_LATCH_TOKEN_ADDRESS          0x61u         /* What the host last wrote to control.time_latch. */
#define MLS_REG_EVENTS_LATCH_TOKEN_OFFSET           1
#define MLS_REG_EVENTS_LATCH_TOKEN_BYTES            1
#define MLS_REG_EVENTS_LOST_ADDRESS                 0x64u         /* Events lost since start because the FIFO was full. */
#define MLS_REG_EVENTS_LOST_OFFSET                  4
#define MLS_REG_EVENTS_LOST_BYTES                   4
#define MLS_REG_EVENTS_OLDEST_ADDRESS               0x68u         /* Sequence number of the oldest event that waits. */
#define MLS_REG_EVENTS_OLDEST_OFFSET                8
#define MLS_REG_EVENTS_OLDEST_BYTES                 4
#define MLS_REG_EVENTS_NEWEST_ADDRESS               0x6Cu         /* Sequence number of the newest event ever made; the first is 1. */
#define MLS_REG_EVENTS_NEWEST_OFFSET                12
#define MLS_REG_EVENTS_NEWEST_BYTES                 4
#define MLS_REG_EVENTS_LATCH_TIME_MS_ADDRESS        0x70u         /* Module time at the moment of that write. */
#define MLS_REG_EVENTS_LATCH_TIME_MS_OFFSET         16
#define MLS_REG_EVENTS_LATCH_TIME_MS_BYTES          4
#define MLS_REG_EVENTS_CRC_ADDRESS                  0x76u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_EVENTS_CRC_OFFSET                   22
#define MLS_REG_EVENTS_CRC_BYTES                    2

/* The two oldest events that are not acknowledged, each with its own CRC. */
#define MLS_WINDOW_EVENT_DATA_ADDRESS               0x80u
#define MLS_WINDOW_EVENT_DATA_BYTES                 32
#define MLS_REG_EVENT_DATA_SEQUENCE_ADDRESS         0x80u         /* Number of the event; 0 when the slot is empty. */
#define MLS_REG_EVENT_DATA_SEQUENCE_OFFSET          0
#define MLS_REG_EVENT_DATA_SEQUENCE_BYTES           4
#define MLS_REG_EVENT_DATA_TIME_MS_ADDRESS          0x84u         /* Module time of what it reports. */
#define MLS_REG_EVENT_DATA_TIME_MS_OFFSET           4
#define MLS_REG_EVENT_DATA_TIME_MS_BYTES            4
#define MLS_REG_EVENT_DATA_TYPE_ADDRESS             0x88u         /* What happened. */
#define MLS_REG_EVENT_DATA_TYPE_OFFSET              8
#define MLS_REG_EVENT_DATA_TYPE_BYTES               1
#define MLS_REG_EVENT_DATA_FLAGS_ADDRESS            0x89u         /* Low byte of result.flags at that time. */
#define MLS_REG_EVENT_DATA_FLAGS_OFFSET             9
#define MLS_REG_EVENT_DATA_FLAGS_BYTES              1
#define MLS_REG_EVENT_DATA_LABEL_ADDRESS            0x8Au         /* Number of the class; 255 for none. */
#define MLS_REG_EVENT_DATA_LABEL_OFFSET             10
#define MLS_REG_EVENT_DATA_LABEL_BYTES              1
#define MLS_REG_EVENT_DATA_DETAIL_ADDRESS           0x8Bu         /* Depends on the type: decision, reset cause, verdict or power mode. */
#define MLS_REG_EVENT_DATA_DETAIL_OFFSET            11
#define MLS_REG_EVENT_DATA_DETAIL_BYTES             1
#define MLS_REG_EVENT_DATA_VALUE_ADDRESS            0x8Cu         /* Depends on the type: score in permille, count or generation. */
#define MLS_REG_EVENT_DATA_VALUE_OFFSET             12
#define MLS_REG_EVENT_DATA_VALUE_BYTES              2
#define MLS_REG_EVENT_DATA_CRC_ADDRESS              0x8Eu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_EVENT_DATA_CRC_OFFSET               14
#define MLS_REG_EVENT_DATA_CRC_BYTES                2
#define MLS_REG_EVENT_DATA_SECOND_ADDRESS           0x90u         /* The next event, laid out like the first; its CRC covers address 0x90. */
#define MLS_REG_EVENT_DATA_SECOND_OFFSET            16
#define MLS_REG_EVENT_DATA_SECOND_BYTES             16

/* Staged configuration: takes effect with the command `commit`. */
#define MLS_WINDOW_CONFIG_ADDRESS                   0xA0u
#define MLS_WINDOW_CONFIG_BYTES                     24
#define MLS_REG_CONFIG_HIGH_THRESHOLD_PERMILLE_ADDRESS 0xA0u      /* Positive at or above this score. */
#define MLS_REG_CONFIG_HIGH_THRESHOLD_PERMILLE_OFFSET 0
#define MLS_REG_CONFIG_HIGH_THRESHOLD_PERMILLE_BYTES 2
#define MLS_REG_CONFIG_LOW_THRESHOLD_PERMILLE_ADDRESS 0xA2u       /* Negative below this score (hysteresis). */
#define MLS_REG_CONFIG_LOW_THRESHOLD_PERMILLE_OFFSET 2
#define MLS_REG_CONFIG_LOW_THRESHOLD_PERMILLE_BYTES 2
#define MLS_REG_CONFIG_AVERAGE_COUNT_ADDRESS        0xA4u         /* Evaluations that are averaged: 1 to 16. */
#define MLS_REG_CONFIG_AVERAGE_COUNT_OFFSET         4
#define MLS_REG_CONFIG_AVERAGE_COUNT_BYTES          1
#define MLS_REG_CONFIG_CONSECUTIVE_COUNT_ADDRESS    0xA5u         /* Evaluations in a row that must agree: 1 to 255. */
#define MLS_REG_CONFIG_CONSECUTIVE_COUNT_OFFSET     5
#define MLS_REG_CONFIG_CONSECUTIVE_COUNT_BYTES      1
#define MLS_REG_CONFIG_ON_DELAY_MS_ADDRESS          0xA6u         /* How long it must hold before the decision becomes positive. */
#define MLS_REG_CONFIG_ON_DELAY_MS_OFFSET           6
#define MLS_REG_CONFIG_ON_DELAY_MS_BYTES            2
#define MLS_REG_CONFIG_OFF_DELAY_MS_ADDRESS         0xA8u         /* How long it must be gone before the decision becomes negative. */
#define MLS_REG_CONFIG_OFF_DELAY_MS_OFFSET          8
#define MLS_REG_CONFIG_OFF_DELAY_MS_BYTES           2
#define MLS_REG_CONFIG_REFRACTORY_MS_ADDRESS        0xAAu         /* Silence after a detection before the next one counts. */
#define MLS_REG_CONFIG_REFRACTORY_MS_OFFSET         10
#define MLS_REG_CONFIG_REFRACTORY_MS_BYTES          2
#define MLS_REG_CONFIG_MIN_REPORT_INTERVAL_MS_ADDRESS 0xACu       /* Shortest time between two reported events. */
#define MLS_REG_CONFIG_MIN_REPORT_INTERVAL_MS_OFFSET 12
#define MLS_REG_CONFIG_MIN_REPORT_INTERVAL_MS_BYTES 2
#define MLS_REG_CONFIG_STALE_AFTER_MS_ADDRESS       0xAEu         /* Age at which a result counts as stale; 0 for never. */
#define MLS_REG_CONFIG_STALE_AFTER_MS_OFFSET        14
#define MLS_REG_CONFIG_STALE_AFTER_MS_BYTES         2
#define MLS_REG_CONFIG_REPORT_ADDRESS               0xB0u         /* What makes an event. */
#define MLS_REG_CONFIG_REPORT_OFFSET                16
#define MLS_REG_CONFIG_REPORT_BYTES                 1
#define MLS_REG_CONFIG_ORIENTATION_ADDRESS          0xB1u         /* How the picture is turned before inference. */
#define MLS_REG_CONFIG_ORIENTATION_OFFSET           17
#define MLS_REG_CONFIG_ORIENTATION_BYTES            1
#define MLS_REG_CONFIG_INTERRUPT_MODE_ADDRESS       0xB2u         /* How the interrupt line behaves. */
#define MLS_REG_CONFIG_INTERRUPT_MODE_OFFSET        18
#define MLS_REG_CONFIG_INTERRUPT_MODE_BYTES         1
#define MLS_REG_CONFIG_POWER_MODE_ADDRESS           0xB3u         /* Requested power mode. */
#define MLS_REG_CONFIG_POWER_MODE_OFFSET            19
#define MLS_REG_CONFIG_POWER_MODE_BYTES             1
#define MLS_REG_CONFIG_PERIOD_MS_ADDRESS            0xB4u         /* Time between two evaluations; 0 for as fast as captures come. */
#define MLS_REG_CONFIG_PERIOD_MS_OFFSET             20
#define MLS_REG_CONFIG_PERIOD_MS_BYTES              2
#define MLS_REG_CONFIG_CRC_ADDRESS                  0xB6u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_CONFIG_CRC_OFFSET                   22
#define MLS_REG_CONFIG_CRC_BYTES                    2

/* What the host may do: select, acknowledge, enable, command. */
#define MLS_WINDOW_CONTROL_ADDRESS                  0xE0u
#define MLS_WINDOW_CONTROL_BYTES                    16
#define MLS_REG_CONTROL_PAGE_ADDRESS                0xE0u         /* Page that is shown at address 0xC0. */
#define MLS_REG_CONTROL_PAGE_OFFSET                 0
#define MLS_REG_CONTROL_PAGE_BYTES                  1
#define MLS_REG_CONTROL_INDEX_ADDRESS               0xE1u         /* Entry that is shown in pages with several entries. */
#define MLS_REG_CONTROL_INDEX_OFFSET                1
#define MLS_REG_CONTROL_INDEX_BYTES                 1
#define MLS_REG_CONTROL_INTERRUPT_ENABLE_ADDRESS    0xE2u         /* Reasons that may assert the interrupt line. */
#define MLS_REG_CONTROL_INTERRUPT_ENABLE_OFFSET     2
#define MLS_REG_CONTROL_INTERRUPT_ENABLE_BYTES      1
#define MLS_REG_CONTROL_INTERRUPT_CLEAR_ADDRESS     0xE3u         /* Write 1 to clear a reason. */
#define MLS_REG_CONTROL_INTERRUPT_CLEAR_OFFSET      3
#define MLS_REG_CONTROL_INTERRUPT_CLEAR_BYTES       1
#define MLS_REG_CONTROL_EVENT_ACK_ADDRESS           0xE4u         /* Write a sequence number: all events up to it are consumed. */
#define MLS_REG_CONTROL_EVENT_ACK_OFFSET            4
#define MLS_REG_CONTROL_EVENT_ACK_BYTES             4
#define MLS_REG_CONTROL_PROTOCOL_ERROR_CLEAR_ADDRESS 0xE8u        /* Write 1 to clear a protocol error. */
#define MLS_REG_CONTROL_PROTOCOL_ERROR_CLEAR_OFFSET 8
#define MLS_REG_CONTROL_PROTOCOL_ERROR_CLEAR_BYTES  2
#define MLS_REG_CONTROL_COMMAND_ADDRESS             0xEAu         /* Write together with command_token to start a command. */
#define MLS_REG_CONTROL_COMMAND_OFFSET              10
#define MLS_REG_CONTROL_COMMAND_BYTES               1
#define MLS_REG_CONTROL_COMMAND_TOKEN_ADDRESS       0xEBu         /* Any number unlike the last: status.command_token echoes it. */
#define MLS_REG_CONTROL_COMMAND_TOKEN_OFFSET        11
#define MLS_REG_CONTROL_COMMAND_TOKEN_BYTES         1
#define MLS_REG_CONTROL_TIME_LATCH_ADDRESS          0xECu         /* A write stores the module's time in events.latch_time_ms. */
#define MLS_REG_CONTROL_TIME_LATCH_OFFSET           12
#define MLS_REG_CONTROL_TIME_LATCH_BYTES            1
#define MLS_REG_CONTROL_NOTIFY_ADDRESS              0xEDu         /* 1: send new events by themselves (serial links only). */
#define MLS_REG_CONTROL_NOTIFY_OFFSET               13
#define MLS_REG_CONTROL_NOTIFY_BYTES                1
#define MLS_REG_CONTROL_CRC_ADDRESS                 0xEEu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_CONTROL_CRC_OFFSET                  14
#define MLS_REG_CONTROL_CRC_BYTES                   2

/* Power mode and counters. */
#define MLS_WINDOW_POWER_ADDRESS                    0xC0u
#define MLS_WINDOW_POWER_BYTES                      32
#define MLS_WINDOW_POWER_PAGE                       0
#define MLS_REG_POWER_PAGE_ADDRESS                  0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_POWER_PAGE_OFFSET                   0
#define MLS_REG_POWER_PAGE_BYTES                    1
#define MLS_REG_POWER_INDEX_ADDRESS                 0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_POWER_INDEX_OFFSET                  1
#define MLS_REG_POWER_INDEX_BYTES                   1
#define MLS_REG_POWER_REQUESTED_MODE_ADDRESS        0xC2u         /* Power mode that the configuration asks for. */
#define MLS_REG_POWER_REQUESTED_MODE_OFFSET         2
#define MLS_REG_POWER_REQUESTED_MODE_BYTES          1
#define MLS_REG_POWER_ACTUAL_MODE_ADDRESS           0xC3u         /* Power mode that the module is in. */
#define MLS_REG_POWER_ACTUAL_MODE_OFFSET            3
#define MLS_REG_POWER_ACTUAL_MODE_BYTES             1
#define MLS_REG_POWER_WAKE_TIME_MS_ADDRESS          0xC4u         /* Worst case from wake-up to the first valid result. */
#define MLS_REG_POWER_WAKE_TIME_MS_OFFSET           4
#define MLS_REG_POWER_WAKE_TIME_MS_BYTES            2
#define MLS_REG_POWER_ENERGY_KIND_ADDRESS           0xC6u         /* Where energy_uj comes from. */
#define MLS_REG_POWER_ENERGY_KIND_OFFSET            6
#define MLS_REG_POWER_ENERGY_KIND_BYTES             1
#define MLS_REG_POWER_INFERENCE_COUNT_ADDRESS       0xC8u         /* Inferences since start. */
#define MLS_REG_POWER_INFERENCE_COUNT_OFFSET        8
#define MLS_REG_POWER_INFERENCE_COUNT_BYTES         4
#define MLS_REG_POWER_SKIPPED_COUNT_ADDRESS         0xCCu         /* Captures that were not evaluated since start. */
#define MLS_REG_POWER_SKIPPED_COUNT_OFFSET          12
#define MLS_REG_POWER_SKIPPED_COUNT_BYTES           4
#define MLS_REG_POWER_INVALID_COUNT_ADDRESS         0xD0u         /* Results published as invalid since start. */
#define MLS_REG_POWER_INVALID_COUNT_OFFSET          16
#define MLS_REG_POWER_INVALID_COUNT_BYTES           4
#define MLS_REG_POWER_ENERGY_UJ_ADDRESS             0xD4u         /* Energy since start; 0 while energy_kind is unknown. */
#define MLS_REG_POWER_ENERGY_UJ_OFFSET              20
#define MLS_REG_POWER_ENERGY_UJ_BYTES               8
#define MLS_REG_POWER_CRC_ADDRESS                   0xDEu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_POWER_CRC_OFFSET                    30
#define MLS_REG_POWER_CRC_BYTES                     2

/* What senses, what is powered, and what can be read. */
#define MLS_WINDOW_PRIVACY_ADDRESS                  0xC0u
#define MLS_WINDOW_PRIVACY_BYTES                    16
#define MLS_WINDOW_PRIVACY_PAGE                     1
#define MLS_REG_PRIVACY_PAGE_ADDRESS                0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_PRIVACY_PAGE_OFFSET                 0
#define MLS_REG_PRIVACY_PAGE_BYTES                  1
#define MLS_REG_PRIVACY_INDEX_ADDRESS               0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_PRIVACY_INDEX_OFFSET                1
#define MLS_REG_PRIVACY_INDEX_BYTES                 1
#define MLS_REG_PRIVACY_TRANSDUCERS_FITTED_ADDRESS  0xC2u         /* What could sense. */
#define MLS_REG_PRIVACY_TRANSDUCERS_FITTED_OFFSET   2
#define MLS_REG_PRIVACY_TRANSDUCERS_FITTED_BYTES    1
#define MLS_REG_PRIVACY_TRANSDUCERS_POWERED_ADDRESS 0xC3u         /* What senses now. */
#define MLS_REG_PRIVACY_TRANSDUCERS_POWERED_OFFSET  3
#define MLS_REG_PRIVACY_TRANSDUCERS_POWERED_BYTES   1
#define MLS_REG_PRIVACY_DEBUG_BUILD_ADDRESS         0xC4u         /* 1: a debug build, its promises do not hold. */
#define MLS_REG_PRIVACY_DEBUG_BUILD_OFFSET          4
#define MLS_REG_PRIVACY_DEBUG_BUILD_BYTES           1
#define MLS_REG_PRIVACY_INDICATOR_POLICY_ADDRESS    0xC5u         /* When the indicator is lit; no host can change it. */
#define MLS_REG_PRIVACY_INDICATOR_POLICY_OFFSET     5
#define MLS_REG_PRIVACY_INDICATOR_POLICY_BYTES      1
#define MLS_REG_PRIVACY_READABLE_BYTES_ADDRESS      0xC6u         /* All bytes that exist on the bus, every page and entry counted. */
#define MLS_REG_PRIVACY_READABLE_BYTES_OFFSET       6
#define MLS_REG_PRIVACY_READABLE_BYTES_BYTES        2
#define MLS_REG_PRIVACY_READ_LIMIT_BYTES_PER_S_ADDRESS 0xC8u      /* Reads beyond this rate are refused. */
#define MLS_REG_PRIVACY_READ_LIMIT_BYTES_PER_S_OFFSET 8
#define MLS_REG_PRIVACY_READ_LIMIT_BYTES_PER_S_BYTES 4
#define MLS_REG_PRIVACY_CRC_ADDRESS                 0xCEu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_PRIVACY_CRC_OFFSET                  14
#define MLS_REG_PRIVACY_CRC_BYTES                   2

/* Outcome of the last self-test. */
#define MLS_WINDOW_SELFTEST_ADDRESS                 0xC0u
#define MLS_WINDOW_SELFTEST_BYTES                   20
#define MLS_WINDOW_SELFTEST_PAGE                    2
#define MLS_REG_SELFTEST_PAGE_ADDRESS               0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_SELFTEST_PAGE_OFFSET                0
#define MLS_REG_SELFTEST_PAGE_BYTES                 1
#define MLS_REG_SELFTEST_INDEX_ADDRESS              0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_SELFTEST_INDEX_OFFSET               1
#define MLS_REG_SELFTEST_INDEX_BYTES                1
#define MLS_REG_SELFTEST_TESTS_RUN_ADDRESS          0xC2u         /* Tests that ran. */
#define MLS_REG_SELFTEST_TESTS_RUN_OFFSET           2
#define MLS_REG_SELFTEST_TESTS_RUN_BYTES            1
#define MLS_REG_SELFTEST_TESTS_FAILED_ADDRESS       0xC3u         /* Tests that failed. */
#define MLS_REG_SELFTEST_TESTS_FAILED_OFFSET        3
#define MLS_REG_SELFTEST_TESTS_FAILED_BYTES         1
#define MLS_REG_SELFTEST_DURATION_MS_ADDRESS        0xC4u         /* How long they took; stops at 65535. */
#define MLS_REG_SELFTEST_DURATION_MS_OFFSET         4
#define MLS_REG_SELFTEST_DURATION_MS_BYTES          2
#define MLS_REG_SELFTEST_RUN_COUNT_ADDRESS          0xC6u         /* Self-tests since start; stops at 65535. */
#define MLS_REG_SELFTEST_RUN_COUNT_OFFSET           6
#define MLS_REG_SELFTEST_RUN_COUNT_BYTES            2
#define MLS_REG_SELFTEST_EXPECTED_ANSWER_ADDRESS    0xC8u         /* CRC-32 of the output that the stored input must give. */
#define MLS_REG_SELFTEST_EXPECTED_ANSWER_OFFSET     8
#define MLS_REG_SELFTEST_EXPECTED_ANSWER_BYTES      4
#define MLS_REG_SELFTEST_ACTUAL_ANSWER_ADDRESS      0xCCu         /* CRC-32 of the output that it gave. */
#define MLS_REG_SELFTEST_ACTUAL_ANSWER_OFFSET       12
#define MLS_REG_SELFTEST_ACTUAL_ANSWER_BYTES        4
#define MLS_REG_SELFTEST_CRC_ADDRESS                0xD2u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_SELFTEST_CRC_OFFSET                 18
#define MLS_REG_SELFTEST_CRC_BYTES                  2

/* Unique id and boot id. */
#define MLS_WINDOW_IDENTITY_ADDRESS                 0xC0u
#define MLS_WINDOW_IDENTITY_BYTES                   28
#define MLS_WINDOW_IDENTITY_PAGE                    3
#define MLS_REG_IDENTITY_PAGE_ADDRESS               0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_IDENTITY_PAGE_OFFSET                0
#define MLS_REG_IDENTITY_PAGE_BYTES                 1
#define MLS_REG_IDENTITY_INDEX_ADDRESS              0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_IDENTITY_INDEX_OFFSET               1
#define MLS_REG_IDENTITY_INDEX_BYTES                1
#define MLS_REG_IDENTITY_UNIQUE_ID_ADDRESS          0xC2u         /* Number of this very module; no two are alike. */
#define MLS_REG_IDENTITY_UNIQUE_ID_OFFSET           2
#define MLS_REG_IDENTITY_UNIQUE_ID_BYTES            16
#define MLS_REG_IDENTITY_BOOT_ID_ADDRESS            0xD2u         /* Random number, new at each start. */
#define MLS_REG_IDENTITY_BOOT_ID_OFFSET             18
#define MLS_REG_IDENTITY_BOOT_ID_BYTES              8
#define MLS_REG_IDENTITY_CRC_ADDRESS                0xDAu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_IDENTITY_CRC_OFFSET                 26
#define MLS_REG_IDENTITY_CRC_BYTES                  2

/* SHA-256 of the firmware, in two halves of 16 bytes chosen by `control.index`. */
#define MLS_WINDOW_FIRMWARE_HASH_ADDRESS            0xC0u
#define MLS_WINDOW_FIRMWARE_HASH_BYTES              20
#define MLS_WINDOW_FIRMWARE_HASH_PAGE               4
#define MLS_REG_FIRMWARE_HASH_PAGE_ADDRESS          0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_FIRMWARE_HASH_PAGE_OFFSET           0
#define MLS_REG_FIRMWARE_HASH_PAGE_BYTES            1
#define MLS_REG_FIRMWARE_HASH_INDEX_ADDRESS         0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_FIRMWARE_HASH_INDEX_OFFSET          1
#define MLS_REG_FIRMWARE_HASH_INDEX_BYTES           1
#define MLS_REG_FIRMWARE_HASH_HALF_ADDRESS          0xC2u         /* Bytes 0 to 15 (index 0) or 16 to 31 (index 1). */
#define MLS_REG_FIRMWARE_HASH_HALF_OFFSET           2
#define MLS_REG_FIRMWARE_HASH_HALF_BYTES            16
#define MLS_REG_FIRMWARE_HASH_CRC_ADDRESS           0xD2u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_FIRMWARE_HASH_CRC_OFFSET            18
#define MLS_REG_FIRMWARE_HASH_CRC_BYTES             2

/* SHA-256 of the model, in two halves of 16 bytes chosen by `control.index`. */
#define MLS_WINDOW_MODEL_HASH_ADDRESS               0xC0u
#define MLS_WINDOW_MODEL_HASH_BYTES                 20
#define MLS_WINDOW_MODEL_HASH_PAGE                  5
#define MLS_REG_MODEL_HASH_PAGE_ADDRESS             0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_MODEL_HASH_PAGE_OFFSET              0
#define MLS_REG_MODEL_HASH_PAGE_BYTES               1
#define MLS_REG_MODEL_HASH_INDEX_ADDRESS            0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_MODEL_HASH_INDEX_OFFSET             1
#define MLS_REG_MODEL_HASH_INDEX_BYTES              1
#define MLS_REG_MODEL_HASH_HALF_ADDRESS             0xC2u         /* Bytes 0 to 15 (index 0) or 16 to 31 (index 1). */
#define MLS_REG_MODEL_HASH_HALF_OFFSET              2
#define MLS_REG_MODEL_HASH_HALF_BYTES               16
#define MLS_REG_MODEL_HASH_CRC_ADDRESS              0xD2u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_MODEL_HASH_CRC_OFFSET               18
#define MLS_REG_MODEL_HASH_CRC_BYTES                2

/* SHA-256 of the datasheet, in two halves of 16 bytes chosen by `control.index`. */
#define MLS_WINDOW_DATASHEET_HASH_ADDRESS           0xC0u
#define MLS_WINDOW_DATASHEET_HASH_BYTES             20
#define MLS_WINDOW_DATASHEET_HASH_PAGE              6
#define MLS_REG_DATASHEET_HASH_PAGE_ADDRESS         0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_DATASHEET_HASH_PAGE_OFFSET          0
#define MLS_REG_DATASHEET_HASH_PAGE_BYTES           1
#define MLS_REG_DATASHEET_HASH_INDEX_ADDRESS        0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_DATASHEET_HASH_INDEX_OFFSET         1
#define MLS_REG_DATASHEET_HASH_INDEX_BYTES          1
#define MLS_REG_DATASHEET_HASH_HALF_ADDRESS         0xC2u         /* Bytes 0 to 15 (index 0) or 16 to 31 (index 1). */
#define MLS_REG_DATASHEET_HASH_HALF_OFFSET          2
#define MLS_REG_DATASHEET_HASH_HALF_BYTES           16
#define MLS_REG_DATASHEET_HASH_CRC_ADDRESS          0xD2u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_DATASHEET_HASH_CRC_OFFSET           18
#define MLS_REG_DATASHEET_HASH_CRC_BYTES            2

/* Name of the class whose number is in `control.index`. */
#define MLS_WINDOW_LABEL_ADDRESS                    0xC0u
#define MLS_WINDOW_LABEL_BYTES                      28
#define MLS_WINDOW_LABEL_PAGE                       7
#define MLS_REG_LABEL_PAGE_ADDRESS                  0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_LABEL_PAGE_OFFSET                   0
#define MLS_REG_LABEL_PAGE_BYTES                    1
#define MLS_REG_LABEL_INDEX_ADDRESS                 0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_LABEL_INDEX_OFFSET                  1
#define MLS_REG_LABEL_INDEX_BYTES                   1
#define MLS_REG_LABEL_TEXT_ADDRESS                  0xC2u         /* UTF-8, filled up with zeros; empty beyond the last class. */
#define MLS_REG_LABEL_TEXT_OFFSET                   2
#define MLS_REG_LABEL_TEXT_BYTES                    24
#define MLS_REG_LABEL_CRC_ADDRESS                   0xDAu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_LABEL_CRC_OFFSET                    26
#define MLS_REG_LABEL_CRC_BYTES                     2

/* Text of the last crash, in pieces of 24 bytes chosen by `control.index`. */
#define MLS_WINDOW_CRASH_ADDRESS                    0xC0u
#define MLS_WINDOW_CRASH_BYTES                      28
#define MLS_WINDOW_CRASH_PAGE                       8
#define MLS_REG_CRASH_PAGE_ADDRESS                  0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_CRASH_PAGE_OFFSET                   0
#define MLS_REG_CRASH_PAGE_BYTES                    1
#define MLS_REG_CRASH_INDEX_ADDRESS                 0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_CRASH_INDEX_OFFSET                  1
#define MLS_REG_CRASH_INDEX_BYTES                   1
#define MLS_REG_CRASH_TEXT_ADDRESS                  0xC2u         /* UTF-8, filled up with zeros; empty when nothing crashed. */
#define MLS_REG_CRASH_TEXT_OFFSET                   2
#define MLS_REG_CRASH_TEXT_BYTES                    24
#define MLS_REG_CRASH_CRC_ADDRESS                   0xDAu         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_CRASH_CRC_OFFSET                    26
#define MLS_REG_CRASH_CRC_BYTES                     2

/* The I2C address, and how to move this very module to another one. */
#define MLS_WINDOW_SOFT_ADDRESS_ADDRESS             0xC0u
#define MLS_WINDOW_SOFT_ADDRESS_BYTES               22
#define MLS_WINDOW_SOFT_ADDRESS_PAGE                9
#define MLS_REG_SOFT_ADDRESS_PAGE_ADDRESS           0xC0u         /* Number of the page that is shown: check it, another host may have turned the page. */
#define MLS_REG_SOFT_ADDRESS_PAGE_OFFSET            0
#define MLS_REG_SOFT_ADDRESS_PAGE_BYTES             1
#define MLS_REG_SOFT_ADDRESS_INDEX_ADDRESS          0xC1u         /* Number of the entry that is shown. */
#define MLS_REG_SOFT_ADDRESS_INDEX_OFFSET           1
#define MLS_REG_SOFT_ADDRESS_INDEX_BYTES            1
#define MLS_REG_SOFT_ADDRESS_UNIQUE_ID_ADDRESS      0xC2u         /* Key to the next register: identity.unique_id, written together with it in one go. Reads 0. */
#define MLS_REG_SOFT_ADDRESS_UNIQUE_ID_OFFSET       2
#define MLS_REG_SOFT_ADDRESS_UNIQUE_ID_BYTES        16
#define MLS_REG_SOFT_ADDRESS_ADDRESS_ADDRESS        0xD2u         /* I2C address: 8 to 119 (0x08 to 0x77), until the module restarts; 0 for the strapped one. Reads what it is now. */
#define MLS_REG_SOFT_ADDRESS_ADDRESS_OFFSET         18
#define MLS_REG_SOFT_ADDRESS_ADDRESS_BYTES          1
#define MLS_REG_SOFT_ADDRESS_CRC_ADDRESS            0xD4u         /* CRC-16/CCITT-FALSE over the address and all bytes before it. */
#define MLS_REG_SOFT_ADDRESS_CRC_OFFSET             20
#define MLS_REG_SOFT_ADDRESS_CRC_BYTES              2

/* Kind of sensor. */
#define MLS_PROFILE_UNKNOWN                         0             /* Not yet known, or none of these. */
#define MLS_PROFILE_PERSON                          1             /* Is a person there? */
#define MLS_PROFILE_KEYWORD                         2             /* Which word was spoken? */
#define MLS_PROFILE_ANOMALY                         3             /* Does it behave as it should? */
#define MLS_PROFILE_CLASSIFIER                      4             /* Which of its classes is it? */

/* What a module can do. */
#define MLS_CAPABILITY_EVENTS                       0x0001u       /* Has an event FIFO. */
#define MLS_CAPABILITY_SELFTEST                     0x0002u       /* Has a self-test with a known answer. */
#define MLS_CAPABILITY_NOTIFY                       0x0004u       /* Can send events by itself on serial links. */
#define MLS_CAPABILITY_STORE_CONFIG                 0x0008u       /* Keeps its configuration without power. */
#define MLS_CAPABILITY_UPDATE                       0x0010u       /* Takes updates of firmware or model. */
#define MLS_CAPABILITY_ATTEST                       0x0020u       /* Signs statements about itself. */
#define MLS_CAPABILITY_ROTATE                       0x0040u       /* Can turn and mirror its picture. */
#define MLS_CAPABILITY_INTERRUPT_LINE               0x0080u       /* Drives an interrupt line. */

/* How far a module has come up. */
#define MLS_BOOT_STAGE_RESET                        0             /* Just started. */
#define MLS_BOOT_STAGE_FIRST_STAGE                  1             /* The immutable first stage runs. */
#define MLS_BOOT_STAGE_LOADING                      2             /* The model is being checked and planned. */
#define MLS_BOOT_STAGE_RUNNING                      3             /* The pipeline runs. */
#define MLS_BOOT_STAGE_RECOVERY                     4             /* No usable firmware or model: waits for an update. */

/* Why a module started. */
#define MLS_RESET_CAUSE_POWER_ON                    0             /* Power came on, or the process was started. */
#define MLS_RESET_CAUSE_COMMAND                     1             /* A host asked for it. */
#define MLS_RESET_CAUSE_WATCHDOG                    2             /* The watchdog expired. */
#define MLS_RESET_CAUSE_CRASH                       3             /* A fault; see the crash window. */
#define MLS_RESET_CAUSE_UPDATE                      4             /* An update was installed. */

/* State of a module. */
#define MLS_STATE_READY                             0x0001u       /* Captures and evaluates. */
#define MLS_STATE_BUSY                              0x0002u       /* A command is being carried out. */
#define MLS_STATE_FAULT                             0x0004u       /* Cannot do its job; see the error registers. */
#define MLS_STATE_DEGRADED                          0x0008u       /* Works, but something is wrong: captures fail or are out of envelope. */
#define MLS_STATE_DEBUG_BUILD                       0x0010u       /* A debug build. */
#define MLS_STATE_CONFIG_PENDING                    0x0020u       /* The staged configuration differs from the active one. */
#define MLS_STATE_RESULT_AVAILABLE                  0x0040u       /* At least one result has been published. */
#define MLS_STATE_INPUT_ENDED                       0x0080u       /* The input (a file or a stream) has come to its end. */

/* What a host did wrong. */
#define MLS_PROTOCOL_ERROR_BAD_LENGTH               0x0001u       /* A transfer that ends beyond its window or inside a register. */
#define MLS_PROTOCOL_ERROR_BAD_ADDRESS              0x0002u       /* An address without a register. */
#define MLS_PROTOCOL_ERROR_WRITE_TO_READ_ONLY       0x0004u       /* A write to a register that takes none. */
#define MLS_PROTOCOL_ERROR_CRC_FAILURE              0x0008u       /* A serial frame whose CRC is wrong. */
#define MLS_PROTOCOL_ERROR_OVERRUN                  0x0010u       /* More writes than the queue holds, or reads beyond the rate limit. */
#define MLS_PROTOCOL_ERROR_BAD_VALUE                0x0020u       /* A value that the register does not take. */
#define MLS_PROTOCOL_ERROR_STALLED                  0x0040u       /* A transfer that stalled for more than 35 ms. */
#define MLS_PROTOCOL_ERROR_BAD_FRAME                0x0080u       /* Bytes on a serial link that are no frame. */

/* Part of a module that failed. */
#define MLS_ERROR_DOMAIN_NONE                       0             /* Nothing has failed. */
#define MLS_ERROR_DOMAIN_CAPTURE                    1             /* Camera, microphone or input file. */
#define MLS_ERROR_DOMAIN_INFERENCE                  2             /* The inference engine. */
#define MLS_ERROR_DOMAIN_MODEL                      3             /* The model file. */
#define MLS_ERROR_DOMAIN_STORAGE                    4             /* Non-volatile memory. */
#define MLS_ERROR_DOMAIN_SELFTEST                   5             /* The self-test. */

/* How it failed. */
#define MLS_STATUS_CODE_OK                          0             /* No failure. */
#define MLS_STATUS_CODE_INVALID_ARGUMENT            1             /* Something that can never work. */
#define MLS_STATUS_CODE_OUT_OF_RANGE                2             /* A value or an address outside what is allowed. */
#define MLS_STATUS_CODE_UNSUPPORTED                 3             /* Well formed, but not implemented here. */
#define MLS_STATUS_CODE_NO_MEMORY                   4             /* A buffer or arena is too small. */
#define MLS_STATUS_CODE_CORRUPT                     5             /* Data is malformed or fails its checksum. */
#define MLS_STATUS_CODE_NOT_READY                   6             /* Not yet. */
#define MLS_STATUS_CODE_BUSY                        7             /* Occupied by something else. */
#define MLS_STATUS_CODE_READ_ONLY                   8             /* Does not take writes. */
#define MLS_STATUS_CODE_NO_DEVICE                   9             /* Nobody answers. */
#define MLS_STATUS_CODE_BUS_ERROR                   10            /* A bus or link failed in the middle of a transfer. */
#define MLS_STATUS_CODE_ARBITRATION_LOST            11            /* Another controller took the bus. */
#define MLS_STATUS_CODE_TIMEOUT                     12            /* The deadline passed. */
#define MLS_STATUS_CODE_PERMISSION                  13            /* Access was refused. */
#define MLS_STATUS_CODE_SHORT_TRANSFER              14            /* Fewer bytes moved than were asked for. */
#define MLS_STATUS_CODE_BAD_CRC                     15            /* A checksum is wrong. */
#define MLS_STATUS_CODE_PROTOCOL                    16            /* An answer does not make sense. */
#define MLS_STATUS_CODE_REJECTED                    17            /* Refused: a verdict tells why. */
#define MLS_STATUS_CODE_END_OF_INPUT                18            /* The input has nothing more to give. */

/* Reasons that ask for service. */
#define MLS_INTERRUPT_RESULT                        0x0001u       /* A new result is there. */
#define MLS_INTERRUPT_EVENT                         0x0002u       /* Events wait; stays set until all are acknowledged. */
#define MLS_INTERRUPT_OVERFLOW                      0x0004u       /* Events were lost. */
#define MLS_INTERRUPT_COMMAND                       0x0008u       /* A command is done; see its verdict. */
#define MLS_INTERRUPT_FAULT                         0x0010u       /* The module entered a fault. */

/* What a host can order. */
#define MLS_COMMAND_NONE                            0             /* No command. */
#define MLS_COMMAND_COMMIT                          1             /* Make the staged configuration the active one. */
#define MLS_COMMAND_STORE                           2             /* Keep the active configuration in non-volatile memory. */
#define MLS_COMMAND_REVERT                          3             /* Set the staged configuration back to the active one. */
#define MLS_COMMAND_FACTORY_RESET                   4             /* Stage and commit the values the module was made with, and forget the stored ones. */
#define MLS_COMMAND_SELFTEST                        5             /* Run the self-test. */
#define MLS_COMMAND_SINGLE_SHOT                     6             /* Evaluate one capture, then return to standby. */
#define MLS_COMMAND_RESTART                         7             /* Start the module again. */

/* What became of a command. */
#define MLS_VERDICT_NONE                            0             /* No command yet. */
#define MLS_VERDICT_PENDING                         1             /* Taken, not done yet. */
#define MLS_VERDICT_DONE                            2             /* Done. */
#define MLS_VERDICT_OUT_OF_RANGE                    3             /* command_field names a value outside its range. */
#define MLS_VERDICT_CONTRADICTION                   4             /* command_field names a value that contradicts another one. */
#define MLS_VERDICT_UNSUPPORTED                     5             /* This module cannot do that. */
#define MLS_VERDICT_FAILED                          6             /* It was tried and failed; see the error registers. */

/* State of an update. */
#define MLS_UPDATE_STATE_IDLE                       0             /* No update under way. */

/* Whether and how far to trust a result. */
#define MLS_RESULT_FLAG_VALID                       0x0001u       /* Score and decision may be used. */
#define MLS_RESULT_FLAG_STALE                       0x0002u       /* Older than config.stale_after_ms. */
#define MLS_RESULT_FLAG_TOO_DARK                    0x0004u       /* Out of envelope: too dark. */
#define MLS_RESULT_FLAG_TOO_BRIGHT                  0x0008u       /* Out of envelope: too bright. */
#define MLS_RESULT_FLAG_FLAT                        0x0010u       /* Out of envelope: no contrast; the lens may be covered. */
#define MLS_RESULT_FLAG_FROZEN                      0x0020u       /* Out of envelope: the input does not change at all. */
#define MLS_RESULT_FLAG_TOO_QUIET                   0x0040u       /* Out of envelope: quieter than any room; the microphone may be dead. */
#define MLS_RESULT_FLAG_CLIPPED                     0x0080u       /* Out of envelope: too loud, samples are clipped. */
#define MLS_RESULT_FLAG_BLURRED                     0x0100u       /* Out of envelope: no sharp edge. */

/* Decision of the filters. */
#define MLS_DECISION_UNKNOWN                        0             /* No basis for a decision. */
#define MLS_DECISION_NEGATIVE                       1             /* Not there. */
#define MLS_DECISION_POSITIVE                       2             /* There. */

/* What a score is. */
#define MLS_SCORE_KIND_NONE                         0             /* No score. */
#define MLS_SCORE_KIND_POSTERIOR                    1             /* Output of the model's softmax, 0 to 1000. */
#define MLS_SCORE_KIND_AVERAGED_POSTERIOR           2             /* Output of the model's softmax, averaged over config.average_count evaluations. */

/* What an event reports, and in which fields. */
#define MLS_EVENT_TYPE_NONE                         0             /* Empty slot. */
#define MLS_EVENT_TYPE_DETECTION                    1             /* A keyword was heard: label and score (value). */
#define MLS_EVENT_TYPE_PRESENCE                     2             /* The decision changed: decision (detail), label and score (value). */
#define MLS_EVENT_TYPE_OVERFLOW                     3             /* Events were lost: how many since the last such event (value). */
#define MLS_EVENT_TYPE_RESET                        4             /* The module started: reset cause (detail). */
#define MLS_EVENT_TYPE_CONFIG_CHANGED               5             /* A configuration took effect: generation (value). */
#define MLS_EVENT_TYPE_POWER_MODE                   6             /* The power mode changed: mode (detail). */
#define MLS_EVENT_TYPE_ENVELOPE                     7             /* The input left or re-entered the envelope: result flags (value). */
#define MLS_EVENT_TYPE_FAULT                        8             /* Something failed: error domain (detail) and status code (value). */
#define MLS_EVENT_TYPE_INPUT_ENDED                  9             /* The input has come to its end. */
#define MLS_EVENT_TYPE_RESULT                       10            /* A result was published: decision (detail), label and score (value). */

/* What makes an event. */
#define MLS_REPORT_CHANGES                          0x0001u       /* Detections and changes of the decision. */
#define MLS_REPORT_EVERY_RESULT                     0x0002u       /* Every result. */
#define MLS_REPORT_ENVELOPE                         0x0004u       /* Leaving and re-entering the envelope. */

/* How the picture is turned. */
#define MLS_ORIENTATION_ROTATE_90                   0x0001u       /* Turn clockwise by 90 degrees (adds to rotate_180). */
#define MLS_ORIENTATION_ROTATE_180                  0x0002u       /* Turn by 180 degrees. */
#define MLS_ORIENTATION_MIRROR                      0x0004u       /* Swap left and right, after turning. */

/* How the interrupt line behaves. */
#define MLS_INTERRUPT_MODE_PULSE                    0x0001u       /* Pulse of 1 ms instead of a level. */
#define MLS_INTERRUPT_MODE_ACTIVE_HIGH              0x0002u       /* Active high instead of active low (open drain). */
#define MLS_INTERRUPT_MODE_MIRROR_PRESENCE          0x0004u       /* The line shows the decision instead of pending interrupts. */

/* Power modes. */
#define MLS_POWER_MODE_SLEEP                        0             /* Transducer and inference off; only the bus answers. */
#define MLS_POWER_MODE_STANDBY                      1             /* Ready to evaluate at once; no captures. */
#define MLS_POWER_MODE_SINGLE_SHOT                  2             /* One evaluation for each command. */
#define MLS_POWER_MODE_DUTY_CYCLED                  3             /* One evaluation each config.period_ms. */
#define MLS_POWER_MODE_CONTINUOUS                   4             /* Every capture is evaluated. */

/* Where an energy figure comes from. */
#define MLS_ENERGY_KIND_UNKNOWN                     0             /* This build cannot tell. */
#define MLS_ENERGY_KIND_MEASURED                    1             /* Measured on this module. */
#define MLS_ENERGY_KIND_MODELLED                    2             /* Computed from counts and a published figure. */

/* What senses. */
#define MLS_TRANSDUCER_MICROPHONE                   0x0001u       /* Hears. */
#define MLS_TRANSDUCER_CAMERA                       0x0002u       /* Sees. */
#define MLS_TRANSDUCER_FILE_INPUT                   0x0004u       /* Plays files or a stream: a simulated transducer. */

/* When the indicator is lit. */
#define MLS_INDICATOR_POLICY_NONE                   0             /* No indicator is fitted. */
#define MLS_INDICATOR_POLICY_WHILE_CAPTURING        1             /* Lit while a transducer is powered. */

/* Parts of the self-test. */
#define MLS_SELFTEST_TRANSDUCER                     0x0001u       /* The transducer or input answers. */
#define MLS_SELFTEST_MEMORY                         0x0002u       /* The model in memory still has its checksum. */
#define MLS_SELFTEST_KNOWN_ANSWER                   0x0004u       /* The stored input gives the stored output. */

/* First byte of every serial response. */
#define MLS_WIRE_STATUS_OK                          0             /* Done; a write is queued. */
#define MLS_WIRE_STATUS_BAD_ADDRESS                 1             /* No register there. */
#define MLS_WIRE_STATUS_BAD_LENGTH                  2             /* Ends beyond the window or inside a register. */
#define MLS_WIRE_STATUS_READ_ONLY                   3             /* That register takes no writes. */
#define MLS_WIRE_STATUS_BAD_VALUE                   4             /* That register does not take this value. */
#define MLS_WIRE_STATUS_BUSY                        5             /* Write queue full or read-rate limit reached: try again. */
#define MLS_WIRE_STATUS_BAD_CRC                     6             /* The request arrived damaged. */
#define MLS_WIRE_STATUS_BAD_FRAME                   7             /* The request is no request. */

/* First byte of every serial frame. */
#define MLS_FRAME_OPERATION_READ                    1             /* Host to module: `length` bytes from `address` on are wanted; no payload. */
#define MLS_FRAME_OPERATION_WRITE                   2             /* Host to module: the payload is written from `address` on. */
#define MLS_FRAME_OPERATION_RESPONSE                3             /* Module to host: wire status, then the bytes that were read; tag and address of the request. */
#define MLS_FRAME_OPERATION_NOTIFY                  4             /* Module to host, only while control.notify is 1: one event record as in slot 0; tag 0. */

#endif
