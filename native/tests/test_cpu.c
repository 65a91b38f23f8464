#if defined(__linux__)
#define _GNU_SOURCE  // sched_setaffinity
#include <sched.h>
#endif
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "myelin.h"

static bool has(int feature) {
    return (myelin_cpu_features() >> feature) & 1;
}

static void check_names(void) {
    for (int32_t i = 0; i < MYELIN_CPU_FEATURE_COUNT; i++) {
        const char *name = myelin_cpu_feature_name(i);
        CHECK(name != NULL && name[0] != '\0', "feature %d has no name", i);
        for (int32_t other = 0; other < i; other++) {
            CHECK(strcmp(name, myelin_cpu_feature_name(other)) != 0, "two features are called %s", name);
        }
    }
    CHECK(myelin_cpu_feature_name(MYELIN_CPU_FEATURE_COUNT) == NULL, "above the last");
    CHECK(myelin_cpu_feature_name(-1) == NULL, "before the first");
    CHECK(myelin_cpu_features() >> MYELIN_CPU_FEATURE_COUNT == 0, "a bit without a name");
    CHECK(myelin_cpu_features() == myelin_cpu_features(), "the answer changes");
}

/** Features that imply others, so that a kernel needs to check one bit only. */
static void check_implications(void) {
    static const int implied[][2] = {
        {MYELIN_CPU_AVX, MYELIN_CPU_SSE42},
        {MYELIN_CPU_F16C, MYELIN_CPU_AVX},
        {MYELIN_CPU_FMA, MYELIN_CPU_AVX},
        {MYELIN_CPU_AVX2, MYELIN_CPU_AVX},
        {MYELIN_CPU_AVX_VNNI, MYELIN_CPU_AVX2},
        {MYELIN_CPU_AVX512F, MYELIN_CPU_AVX2},
        {MYELIN_CPU_AVX512BW, MYELIN_CPU_AVX512F},
        {MYELIN_CPU_AVX512_VNNI, MYELIN_CPU_AVX512F},
        {MYELIN_CPU_AVX512_FP16, MYELIN_CPU_AVX512F},
        {MYELIN_CPU_AMX_INT8, MYELIN_CPU_AMX_TILE},
        {MYELIN_CPU_DOTPROD, MYELIN_CPU_NEON},
        {MYELIN_CPU_I8MM, MYELIN_CPU_NEON},
        {MYELIN_CPU_SVE2, MYELIN_CPU_SVE},
    };
    for (size_t i = 0; i < sizeof implied / sizeof implied[0]; i++) {
        CHECK(!has(implied[i][0]) || has(implied[i][1]), "%s without %s",
              myelin_cpu_feature_name(implied[i][0]), myelin_cpu_feature_name(implied[i][1]));
    }
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

/** Names that differ in /proc/cpuinfo. */
static const char *linux_name(const char *name) {
    static const char *const pairs[][2] = {
        {"sse4.2", "sse4_2"}, {"avx512_vbmi", "avx512vbmi"}, {"neon", "asimd"},
        {"fp16", "asimdhp"},  {"dotprod", "asimddp"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(name, pairs[i][0]) == 0) {
            return pairs[i][1];
        }
    }
    return name;
}

#if defined(__x86_64__)
static const char kernel_list[] = "flags";
#else
static const char kernel_list[] = "Features";
#endif

/** The probe finds what Linux lists; an old kernel may not list new features. */
static void check_against_kernel(void) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    static char line[16384];
    bool compared = false;
    while (file != NULL && !compared && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, kernel_list, strlen(kernel_list)) != 0) {
            continue;
        }
        compared = true;
        for (char *word = strtok(strchr(line, ':') + 1, " \n"); word != NULL; word = strtok(NULL, " \n")) {
            for (int32_t i = 0; i < MYELIN_CPU_FEATURE_COUNT; i++) {
                if (strcmp(word, linux_name(myelin_cpu_feature_name(i))) == 0) {
                    CHECK(has(i), "the kernel lists %s, the probe does not", word);
                }
            }
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    if (!compared) {
        printf("skipped: /proc/cpuinfo lists no features here\n");
    }
}

/** A process bound to one logical CPU has one core. */
static void check_affinity(void) {
    cpu_set_t before, one;
    CPU_ZERO(&before);
    CPU_ZERO(&one);
    CHECK(sched_getaffinity(0, sizeof before, &before) == 0, "no affinity");
    CPU_SET((size_t)sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) {
        printf("skipped: this process may not bind itself to one CPU\n");
        return;
    }
    CHECK(myelin_cpu_logical_cores() == 1, "%d logical", myelin_cpu_logical_cores());
    CHECK(myelin_cpu_physical_cores() <= 1, "%d physical", myelin_cpu_physical_cores());
    sched_setaffinity(0, sizeof before, &before);
}

#endif

#if defined(__x86_64__)

/** The probe agrees with the run-time check of the compiler. */
static void check_against_compiler(void) {
    __builtin_cpu_init();
#define SAME(feature, name) \
    CHECK(has(feature) == (__builtin_cpu_supports(name) != 0), "%s: probe says %d", name, has(feature))
    SAME(MYELIN_CPU_SSE42, "sse4.2");
    SAME(MYELIN_CPU_AVX, "avx");
    SAME(MYELIN_CPU_FMA, "fma");
    SAME(MYELIN_CPU_BMI2, "bmi2");
    SAME(MYELIN_CPU_AVX2, "avx2");
    SAME(MYELIN_CPU_AVX512F, "avx512f");
    SAME(MYELIN_CPU_AVX512BW, "avx512bw");
    SAME(MYELIN_CPU_AVX512DQ, "avx512dq");
    SAME(MYELIN_CPU_AVX512VL, "avx512vl");
    SAME(MYELIN_CPU_AVX512_VBMI, "avx512vbmi");
    SAME(MYELIN_CPU_AVX512_VNNI, "avx512vnni");
#undef SAME
    CHECK(!has(MYELIN_CPU_NEON), "NEON on x86");
}

#endif

static void check_brand(void) {
    char brand[80];
    memset(brand, '#', sizeof brand);
    CHECK(myelin_cpu_brand(brand, sizeof brand) == MYELIN_OK, "no brand");
    CHECK(memchr(brand, '\0', sizeof brand) != NULL, "no end");
    CHECK(brand[0] != ' ' && (brand[0] == '\0' || brand[strlen(brand) - 1] != ' '), "padded: '%s'", brand);
    for (size_t capacity = 1; capacity < 80; capacity++) {
        char cut[80];
        memset(cut, '#', sizeof cut);
        CHECK(myelin_cpu_brand(cut, capacity) == MYELIN_OK, "capacity %zu", capacity);
        CHECK(strlen(cut) < capacity && strncmp(cut, brand, strlen(cut)) == 0, "capacity %zu: %s", capacity,
              cut);
        CHECK(cut[capacity] == '#', "written beyond %zu", capacity);
    }
    CHECK(myelin_cpu_brand(NULL, 10) == MYELIN_ERROR_ARGUMENT, "null");
    CHECK(myelin_cpu_brand(brand, 0) == MYELIN_ERROR_ARGUMENT, "no room");
    printf("%s, %d cores, %d threads:", brand, myelin_cpu_physical_cores(), myelin_cpu_logical_cores());
    for (int32_t i = 0; i < MYELIN_CPU_FEATURE_COUNT; i++) {
        printf("%s%s", has(i) ? " " : "", has(i) ? myelin_cpu_feature_name(i) : "");
    }
    printf("\n");
}

int main(void) {
    check_names();
    check_implications();
    check_brand();
    CHECK(myelin_cpu_physical_cores() >= 0, "cores");
    CHECK(myelin_cpu_physical_cores() <= myelin_cpu_logical_cores(), "more cores than threads");
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
    check_against_kernel();
    check_affinity();
#endif
#if defined(__x86_64__)
    check_against_compiler();
#endif
    return checks_failed();
}
