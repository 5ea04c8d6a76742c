/* The C header is plain C99 and needs nothing before it. */
#include "mlsensor_registers.h"

int mls_c99_high_threshold(const unsigned char* config);

int mls_c99_high_threshold(const unsigned char* config) {
  return config[MLS_REG_CONFIG_HIGH_THRESHOLD_PERMILLE_OFFSET] |
         config[MLS_REG_CONFIG_HIGH_THRESHOLD_PERMILLE_OFFSET + 1] << 8;
}
