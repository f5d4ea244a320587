// Sixteen bytes looked at in a handful of instructions. Swift has no way from a vector comparison to a bit mask; this is
// it, for x86-64 and 64-bit ARM, and byte by byte elsewhere. Each function reads exactly the sixteen bytes at `bytes`,
// which need no alignment, and answers how many of the first ones are of a kind: 0 to 16.
#pragma once

#if defined(__SSE2__)

#include <emmintrin.h>

// How many bytes come before the first one whose comparison came out true.
static inline int wg_leading_false(__m128i comparison) {
    return __builtin_ctz((unsigned)_mm_movemask_epi8(comparison) | 0x10000u);
}

static inline __m128i wg_load(const unsigned char *bytes) {
    return _mm_loadu_si128((const __m128i *)bytes);
}

static inline __m128i wg_quotes_and_backslashes(__m128i value) {
    return _mm_or_si128(_mm_cmpeq_epi8(value, _mm_set1_epi8('"')), _mm_cmpeq_epi8(value, _mm_set1_epi8('\\')));
}

// ASCII, no control character, no quote, no backslash.
static inline int wg_leading_plain(const unsigned char *bytes) {
    __m128i value = wg_load(bytes);
    // Bytes from 0x80 on are negative numbers here.
    __m128i others = _mm_cmplt_epi8(value, _mm_set1_epi8(0x20));
    return wg_leading_false(_mm_or_si128(others, wg_quotes_and_backslashes(value)));
}

// No control character, no quote, no backslash.
static inline int wg_leading_unescaped(const unsigned char *bytes) {
    __m128i value = wg_load(bytes);
    __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(0x1F)), value);
    return wg_leading_false(_mm_or_si128(controls, wg_quotes_and_backslashes(value)));
}

// The space.
static inline int wg_leading_spaces(const unsigned char *bytes) {
    unsigned spaces = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(wg_load(bytes), _mm_set1_epi8(' ')));
    return __builtin_ctz(~spaces);
}

// Any byte but this one.
static inline int wg_leading_others(const unsigned char *bytes, unsigned char byte) {
    return wg_leading_false(_mm_cmpeq_epi8(wg_load(bytes), _mm_set1_epi8((char)byte)));
}

// No control character, HTAB and DEL counted among them.
static inline int wg_leading_field_text(const unsigned char *bytes) {
    __m128i value = wg_load(bytes);
    __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(0x1F)), value);
    return wg_leading_false(_mm_or_si128(controls, _mm_cmpeq_epi8(value, _mm_set1_epi8(0x7F))));
}

// A letter, a digit or a hyphen: what nearly all names of fields are made of.
static inline int wg_leading_name(const unsigned char *bytes) {
    __m128i value = wg_load(bytes);
    __m128i letter = _mm_sub_epi8(_mm_or_si128(value, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i digit = _mm_sub_epi8(value, _mm_set1_epi8('0'));
    __m128i isLetter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
    __m128i isDigit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    __m128i isHyphen = _mm_cmpeq_epi8(value, _mm_set1_epi8('-'));
    unsigned names = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(isLetter, isDigit), isHyphen));
    return __builtin_ctz(~names);
}

#elif defined(__ARM_NEON) && defined(__aarch64__) && defined(__LITTLE_ENDIAN__)

#include <arm_neon.h>

static inline int wg_leading_false(uint8x16_t comparison) {
    // Four bits a byte: ARM has no mask of one bit.
    unsigned long long mask = vget_lane_u64(
        vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(comparison), 4)), 0);
    return mask ? __builtin_ctzll(mask) >> 2 : 16;
}

static inline uint8x16_t wg_quotes_and_backslashes(uint8x16_t value) {
    return vorrq_u8(vceqq_u8(value, vdupq_n_u8('"')), vceqq_u8(value, vdupq_n_u8('\\')));
}

static inline int wg_leading_plain(const unsigned char *bytes) {
    uint8x16_t value = vld1q_u8(bytes);
    uint8x16_t others = vorrq_u8(vcltq_u8(value, vdupq_n_u8(0x20)), vcgeq_u8(value, vdupq_n_u8(0x80)));
    return wg_leading_false(vorrq_u8(others, wg_quotes_and_backslashes(value)));
}

static inline int wg_leading_unescaped(const unsigned char *bytes) {
    uint8x16_t value = vld1q_u8(bytes);
    return wg_leading_false(vorrq_u8(vcltq_u8(value, vdupq_n_u8(0x20)), wg_quotes_and_backslashes(value)));
}

static inline int wg_leading_spaces(const unsigned char *bytes) {
    return wg_leading_false(vmvnq_u8(vceqq_u8(vld1q_u8(bytes), vdupq_n_u8(' '))));
}

static inline int wg_leading_others(const unsigned char *bytes, unsigned char byte) {
    return wg_leading_false(vceqq_u8(vld1q_u8(bytes), vdupq_n_u8(byte)));
}

static inline int wg_leading_field_text(const unsigned char *bytes) {
    uint8x16_t value = vld1q_u8(bytes);
    return wg_leading_false(vorrq_u8(vcltq_u8(value, vdupq_n_u8(0x20)), vceqq_u8(value, vdupq_n_u8(0x7F))));
}

static inline int wg_leading_name(const unsigned char *bytes) {
    uint8x16_t value = vld1q_u8(bytes);
    uint8x16_t letter = vsubq_u8(vorrq_u8(value, vdupq_n_u8(0x20)), vdupq_n_u8('a'));
    uint8x16_t digit = vsubq_u8(value, vdupq_n_u8('0'));
    uint8x16_t names = vorrq_u8(vcleq_u8(letter, vdupq_n_u8(25)), vcleq_u8(digit, vdupq_n_u8(9)));
    return wg_leading_false(vmvnq_u8(vorrq_u8(names, vceqq_u8(value, vdupq_n_u8('-')))));
}

#else

static inline int wg_is_plain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static inline int wg_leading_plain(const unsigned char *bytes) {
    int count = 0;
    while (count < 16 && wg_is_plain(bytes[count])) count++;
    return count;
}

static inline int wg_leading_unescaped(const unsigned char *bytes) {
    int count = 0;
    while (count < 16 && (bytes[count] >= 0x80 || wg_is_plain(bytes[count]))) count++;
    return count;
}

static inline int wg_leading_spaces(const unsigned char *bytes) {
    int count = 0;
    while (count < 16 && bytes[count] == ' ') count++;
    return count;
}

static inline int wg_leading_others(const unsigned char *bytes, unsigned char byte) {
    int count = 0;
    while (count < 16 && bytes[count] != byte) count++;
    return count;
}

static inline int wg_leading_field_text(const unsigned char *bytes) {
    int count = 0;
    while (count < 16 && bytes[count] >= 0x20 && bytes[count] != 0x7F) count++;
    return count;
}

static inline int wg_is_name(unsigned char byte) {
    unsigned char letter = (unsigned char)((byte | 0x20) - 'a'), digit = (unsigned char)(byte - '0');
    return letter < 26 || digit < 10 || byte == '-';
}

static inline int wg_leading_name(const unsigned char *bytes) {
    int count = 0;
    while (count < 16 && wg_is_name(bytes[count])) count++;
    return count;
}

#endif
