"""Audio front end of the keyword sensor in integers, bit-equal with sensor-core (mls/core/audio/audio_front_end.h).

Sound is int16 at 16 kHz. A frame is 480 samples, the next one starts 320 samples later. Scales, as units per 1.0, where
1.0 is full scale (32768) for the kLogMel40 preset:

  step                                          type    units per 1.0
  sample x                                      int16   2^15
  periodic Hann window                          int32   2^30
  w = (x * hann + 2^21) >> 22                   int32   2^23   |sum| <= 240 * 2^23 < 2^31: the FFT cannot overflow
  512-point real FFT (256 complex, Q30 twiddles) int32  2^23   samples first, zeros after; each product rounded once
  twice the spectrum, squared                   uint64  2^48
  magnitude (16 significant bits)               uint32  2^24
  mel band = sum(weight Q16 * magnitude)        uint64  2^40   as tf.signal.linear_to_mel_weight_matrix (HTK mel)
  stored band energy (16-bit float, 5/11 bits)  uint16  2^32   relative error 2^-13
  ln(energy / gain + 1e-6)                      int32   2^16   log2 table of 64 segments, error below 4e-5
  DCT-II (kMfcc10 only)                         int32   2^16   as tf.signal.mfccs_from_log_mel_spectrograms

The gain is 1.0 for kLogMel40. For kMfcc10 it is the largest sample of the clip's frames, as in the keyword spotting
reference of MLPerf Tiny (https://github.com/mlcommons/tiny, benchmark/training/keyword_spotting/get_dataset.py); a
clip without a positive sample has gain 1/32768. Frames that hold a few samples of one unit only are less exact than
what is said above: their window and spectrum are rounded to 2^-23.
"""
from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

SAMPLE_RATE_HZ = 16000
FRAME_SAMPLES = 480
HOP_SAMPLES = 320
FFT_SAMPLES = 512
WINDOW_FRAMES = 49
WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * HOP_SAMPLES + FRAME_SAMPLES
MEL_BANDS = 40
MFCC_COUNT = 10
FEATURE_SCALE = 1.0 / 65536  # Value of one unit of the features.

TWIDDLE_BITS = 30
MEL_WEIGHT_BITS = 16
LOG_SEGMENT_BITS = 6
DCT_BITS = 17
EPSILON = 8590        # 1e-6 for the sample value 1, in units of 2^-48.
LN2_Q30 = 744261118


@dataclass(frozen=True)
class Preset:
    name: str
    lower_hz: float
    upper_hz: float
    feature_bins: int
    normalise_gain: bool


LOG_MEL_40 = Preset("kLogMel40", 20.0, 7600.0, MEL_BANDS, False)
MFCC_10 = Preset("kMfcc10", 20.0, 4000.0, MFCC_COUNT, True)
PRESETS = {preset.name: preset for preset in (LOG_MEL_40, MFCC_10)}


# --- Tables (the C++ side includes the same numbers, written by make_frontend_tables.py) ---

def _fixed(values, bits: int) -> np.ndarray:
    return np.floor(np.asarray(values, dtype=np.float64) * (1 << bits) + 0.5).astype(np.int64)


def hann_table() -> np.ndarray:
    """First half of the periodic Hann window with its middle, Q30; sample n and sample 480 - n have the same weight."""
    n = np.arange(FRAME_SAMPLES // 2 + 1)
    return _fixed(0.5 - 0.5 * np.cos(2 * np.pi * n / FRAME_SAMPLES), TWIDDLE_BITS)


def cosine_table() -> np.ndarray:
    """cos(2 pi k / 512) for the first quarter, k = 0..128, Q30."""
    return _fixed(np.cos(2 * np.pi * np.arange(FFT_SAMPLES // 4 + 1) / FFT_SAMPLES), TWIDDLE_BITS)


def log2_table() -> np.ndarray:
    """log2(1 + i / 64), i = 0..64, Q24."""
    segments = 1 << LOG_SEGMENT_BITS
    return _fixed(np.log2(1 + np.arange(segments + 1) / segments), 24)


def dct_table() -> np.ndarray:
    """Left half of the scaled DCT-II matrix, [10, 20], Q17; row k repeats mirrored, negated where k is odd."""
    n = np.arange(MEL_BANDS // 2)
    k = np.arange(MFCC_COUNT)[:, None]
    return _fixed(2 / np.sqrt(2 * MEL_BANDS) * np.cos(np.pi * k * (2 * n + 1) / (2 * MEL_BANDS)), DCT_BITS)


def mel_table(preset: Preset) -> tuple[np.ndarray, np.ndarray]:
    """(first_bin[42], weight[bins]): the triangles overlap so that the bins from first_bin[j] to first_bin[j + 1] give
    `weight` of their magnitude to band j and the rest (to 2^16) to band j - 1. weight[0] is that of first_bin[0]."""
    def mel(hz):
        return 1127.0 * np.log1p(np.asarray(hz, dtype=np.float64) / 700.0)

    edges = np.linspace(mel(preset.lower_hz), mel(preset.upper_hz), MEL_BANDS + 2)
    bins = mel(np.arange(FFT_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / FFT_SAMPLES)
    first_bin = np.maximum(np.searchsorted(bins, edges), 1)  # Bin 0 has no weight in the reference.
    weights = [(bins[k] - edges[j]) / (edges[j + 1] - edges[j])
               for j in range(MEL_BANDS + 1) for k in range(first_bin[j], first_bin[j + 1])]
    return first_bin, _fixed(weights, MEL_WEIGHT_BITS)


_HANN = hann_table()
_WINDOW = np.concatenate([_HANN, _HANN[-2:0:-1]])
_LOG2 = log2_table()
_DCT = dct_table()
_BIT_REVERSED = np.array([int(f"{i:08b}"[::-1], 2) for i in range(256)])


def _twiddles() -> tuple[np.ndarray, np.ndarray]:
    quarter = cosine_table()
    cosine = np.concatenate([quarter, -quarter[-2::-1]])      # Angle 2 pi k / 512, k = 0..256.
    sine = np.concatenate([quarter[::-1], quarter[1:]])
    return cosine, sine


_COS, _SIN = _twiddles()


# --- Arithmetic ---

def _round_shift(values: np.ndarray, bits: int) -> np.ndarray:
    return (values + (1 << (bits - 1))) >> bits


def _spectrum_power(frames: np.ndarray) -> np.ndarray:
    """Squared magnitude of twice the spectrum: int16 [n, 480] to uint64 [n, 257]."""
    n = len(frames)
    windowed = np.zeros((n, FFT_SAMPLES), np.int64)
    windowed[:, :FRAME_SAMPLES] = _round_shift(frames.astype(np.int64) * _WINDOW, 22)
    re = np.ascontiguousarray(windowed[:, 0::2][:, _BIT_REVERSED])
    im = np.ascontiguousarray(windowed[:, 1::2][:, _BIT_REVERSED])
    half = 1
    while half < 256:
        cosine, sine = _COS[0:256:256 // half], _SIN[0:256:256 // half]
        block_re, block_im = re.reshape(n, -1, 2, half), im.reshape(n, -1, 2, half)
        odd_re, odd_im = block_re[:, :, 1], block_im[:, :, 1]
        turned_re = _round_shift(odd_re * cosine + odd_im * sine, TWIDDLE_BITS)
        turned_im = _round_shift(odd_im * cosine - odd_re * sine, TWIDDLE_BITS)
        block_re[:, :, 1] = block_re[:, :, 0] - turned_re
        block_im[:, :, 1] = block_im[:, :, 0] - turned_im
        block_re[:, :, 0] += turned_re
        block_im[:, :, 0] += turned_im
        half *= 2
    # Real transform from the half-length complex one: X[k] = E[k] + W^k O[k]; all terms are kept doubled.
    k = np.arange(257)
    re_k, im_k, re_m, im_m = re[:, k & 255], im[:, k & 255], re[:, -k & 255], im[:, -k & 255]
    odd_re, odd_im = im_k + im_m, re_m - re_k
    x_re = re_k + re_m + _round_shift(odd_re * _COS + odd_im * _SIN, TWIDDLE_BITS)
    x_im = im_k - im_m + _round_shift(odd_im * _COS - odd_re * _SIN, TWIDDLE_BITS)
    x_re, x_im = x_re.view(np.uint64), x_im.view(np.uint64)
    return x_re * x_re + x_im * x_im


def _bit_length(values: np.ndarray) -> np.ndarray:
    """Bits needed for each value below 2^53."""
    return np.frexp(values.astype(np.float64))[1]


def _magnitude(power: np.ndarray) -> np.ndarray:
    """Rounded square root of the leading 31 or 32 bits, shifted back."""
    shift = (_bit_length(power >> np.uint64(32)) + 1) >> 1
    root = np.rint(np.sqrt((power >> (2 * shift).astype(np.uint64)).astype(np.float64))).astype(np.int64)
    return root << shift


def _mel_energies(frames: np.ndarray, preset: Preset) -> np.ndarray:
    """int16 [n, 480] to 16-bit float energies, int64 [n, 40]."""
    first_bin, weight = mel_table(preset)
    magnitude = _magnitude(_spectrum_power(frames))[:, first_bin[0]:first_bin[-1]]
    rising = np.zeros((len(frames), len(weight) + 1), np.int64)
    total = np.zeros_like(rising)
    np.cumsum(magnitude * weight, axis=1, out=rising[:, 1:])
    np.cumsum(magnitude << MEL_WEIGHT_BITS, axis=1, out=total[:, 1:])
    falling = total - rising
    edge = first_bin - first_bin[0]
    energies = rising[:, edge[1:-1]] - rising[:, edge[:-2]] + falling[:, edge[2:]] - falling[:, edge[1:-1]]
    return _pack(_round_shift(energies, 8))


def _pack(values: np.ndarray) -> np.ndarray:
    """16-bit float: below 4096 the value itself; above, 12 significant bits, rounded half up, and an exponent."""
    shift = np.maximum(_bit_length(values) - 12, 0)
    mantissa = np.where(shift > 0, (values + ((1 << shift) >> 1)) >> shift, values)
    return np.minimum((shift << 11) + mantissa, 65535)


def _unpack(packed: np.ndarray) -> np.ndarray:
    exponent = np.maximum((packed >> 11) - 1, 0)
    return (packed - (exponent << 11)) << exponent


def _log2_q16(values: np.ndarray) -> np.ndarray:
    """log2 of values from 1 to 2^62, Q16."""
    high = values >> 31
    length = np.where(high > 0, _bit_length(high) + 31, _bit_length(values & 0x7FFFFFFF))
    shift = length - 32
    fraction = np.where(shift >= 0, values >> np.maximum(shift, 0), values << np.maximum(-shift, 0)) & 0x7FFFFFFF
    index, rest = fraction >> 25, (fraction >> 9) & 0xFFFF
    low = _LOG2[index]
    return ((length - 1) << 16) + _round_shift(low + (((_LOG2[index + 1] - low) * rest) >> 16), 8)


def _features_of_frames(energies: np.ndarray, gain: np.ndarray, preset: Preset) -> np.ndarray:
    """Packed energies [n, frames, 40] and gain [n, 1, 1] (largest sample) to features."""
    logs = _log2_q16((_unpack(energies) << 16) + gain * EPSILON) - _log2_q16(gain) - (33 << 16)
    logs = _round_shift(logs * LN2_Q30, 30)
    if preset.feature_bins == MEL_BANDS:
        return logs
    sign = np.where(np.arange(MFCC_COUNT) % 2 == 0, 1, -1)[:, None]
    matrix = np.concatenate([_DCT, sign * _DCT[:, ::-1]], axis=1)
    return _round_shift(logs @ matrix.T, DCT_BITS)


def features_int(pcm: np.ndarray, preset: Preset | str = LOG_MEL_40, frames_per_batch: int = 2048) -> np.ndarray:
    """int16 [clips, samples] (or [samples]) to int32 features [clips, frames, bins] in units of FEATURE_SCALE.

    There is one frame for every 320 samples from sample 0 as long as 480 are left: 49 for a second of sound. Raises
    ValueError for another type than int16 and for clips shorter than a frame. Memory beside the result is bounded by
    frames_per_batch.
    """
    preset = PRESETS[preset] if isinstance(preset, str) else preset
    pcm = np.atleast_2d(pcm)
    if pcm.dtype != np.int16 or pcm.ndim != 2 or pcm.shape[1] < FRAME_SAMPLES:
        raise ValueError("pcm must be int16 [clips, samples] with at least 480 samples")
    frames = np.lib.stride_tricks.sliding_window_view(pcm, FRAME_SAMPLES, axis=1)[:, ::HOP_SAMPLES]
    clips, count = frames.shape[:2]
    result = np.empty((clips, count, preset.feature_bins), np.int32)
    clips_per_batch = max(1, frames_per_batch // count)
    for start in range(0, clips, clips_per_batch):
        batch = frames[start:start + clips_per_batch]
        parts = np.array_split(batch.reshape(-1, FRAME_SAMPLES), -(-len(batch) * count // frames_per_batch))
        energies = np.concatenate([_mel_energies(part, preset) for part in parts])
        if preset.normalise_gain:
            gain = np.maximum(batch.max(axis=(1, 2), keepdims=True).astype(np.int64), 1)
        else:
            gain = np.full((len(batch), 1, 1), 32768, np.int64)
        result[start:start + len(batch)] = _features_of_frames(energies.reshape(len(batch), count, -1), gain, preset)
    return result


def quantizer(scale: float) -> tuple[int, int]:
    """(multiplier, shift) so that feature * multiplier / 2^shift is the feature in steps of `scale`, a float32 from
    2^-20 to 2^11. Integer arithmetic on the bits of the float, as on the module."""
    bits, = struct.unpack("<I", struct.pack("<f", scale))
    exponent, mantissa = bits >> 23, (bits & 0x7FFFFF) | 0x800000
    if not 107 <= exponent <= 137:
        raise ValueError(f"scale {scale} is out of range")
    return ((1 << 55) + mantissa // 2) // mantissa, exponent - 79


def quantize(features: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """int32 features to int8 model input: nearest step, half away from zero, plus the zero point, saturated."""
    multiplier, shift = quantizer(scale)
    values = np.asarray(features, np.int64)
    steps = (np.abs(values).astype(np.uint64) * np.uint64(multiplier) + np.uint64(1 << (shift - 1))) >> np.uint64(shift)
    return np.clip(np.sign(values) * steps.astype(np.int64) + zero_point, -128, 127).astype(np.int8)
