/*
 * MYELIN_ISA: the kernels of each value, and unknown values.
 *   test_isa [request]    request: myelin_isa_request() in its place
 */
#include "cpu/isa.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"

static void check_values(void) {
    static const char *const best[] = {NULL, "", " ", "\t\n "};
    for (int i = 0; i < 4; i++) {
        CHECK(isa_parse(best[i]).kind == ISA_BEST, "value %d", i);
    }
    static const char *const none[] = {"none", "None", "NONE", " none", "none\n"};
    for (int i = 0; i < 5; i++) {
        CHECK(isa_parse(none[i]).kind == ISA_NONE, "%s", none[i]);
    }
    static const char *const unknown[] = {"garbage", "avx",        "avx5123", "scalar,none",
                                          "no ne",   "av\xc3\xa4", "neon"};
    for (int i = 0; i < 7; i++) {
        CHECK(isa_parse(unknown[i]).kind == ISA_UNKNOWN && isa_parse(unknown[i]).name == NULL, "%s",
              unknown[i]);
    }
}

/** The name of an instruction set selects it, in any case and with blanks; one that the CPU lacks is unknown.
 */
static void check_isas(void) {
    for (int i = 0; i < isa_count; i++) {
        const char *name = isa_table[i].name;
        const int usable = isa_usable(&isa_table[i]);
        char text[32] = " ";
        for (size_t j = 0; j < strlen(name); j++) {
            text[j + 1] = (char)toupper(name[j]);
        }
        strcat(text, " ");
        const isa_request plain = isa_parse(name);
        const isa_request capitals = isa_parse(text);
        if (usable) {
            CHECK(plain.kind == ISA_NAMED && plain.name == name, "%s", name);
            CHECK(capitals.kind == ISA_NAMED && capitals.name == name, "'%s'", text);
        } else {
            CHECK(plain.kind == ISA_UNKNOWN && capitals.kind == ISA_UNKNOWN, "%s is not available", name);
        }
    }
}

static void check_names(void) {
    int count = 0;
    for (; myelin_isa_name(count) != NULL; count++) {
        CHECK(isa_parse(myelin_isa_name(count)).kind != ISA_UNKNOWN, "%s", myelin_isa_name(count));
    }
    /* read by make test-isa */
    printf("names:");
    for (int i = 0; i < count; i++) {
        printf(" %s", myelin_isa_name(i));
    }
    printf("\n");
    CHECK(count >= 2 && strcmp(myelin_isa_name(count - 2), "scalar") == 0, "every CPU runs the reference");
    CHECK(count >= 2 && strcmp(myelin_isa_name(count - 1), "none") == 0, "none is last");
    CHECK(myelin_isa_name(-1) == NULL && myelin_isa_name(count + 1) == NULL, "out of range");
}

/** The value of this process; CMakeLists.txt runs it with several. */
static void check_in_use(void) {
    const isa_request request = isa_parse(getenv("MYELIN_ISA"));
    const isa_request used = isa_requested();
    CHECK(used.kind == request.kind && used.name == request.name, "as in the environment");
    CHECK(myelin_isa_status() == (request.kind == ISA_UNKNOWN ? MYELIN_ERROR_ISA : MYELIN_OK), "status");
    const float x[32] = {1};
    float out[32];
    uint32_t max_bits;
    if (request.kind == ISA_UNKNOWN) {
        CHECK(myelin_quantize(TYPE_Q4_0, x, 32, out) == MYELIN_ERROR_ISA, "quantize");
        CHECK(myelin_to_f32(TYPE_F32, x, 32, out, &max_bits) == MYELIN_ERROR_ISA, "convert");
    } else {
        CHECK(myelin_quantize(TYPE_Q4_0, x, 32, out) != MYELIN_ERROR_ISA, "quantize");
        CHECK(myelin_to_f32(TYPE_F32, x, 32, out, &max_bits) == MYELIN_OK, "convert");
    }
    if (request.kind == ISA_NAMED) {
        CHECK(strcmp(myelin_kernel_isa(), request.name) == 0, "%s", myelin_kernel_isa());
        CHECK(strncmp(myelin_sgemm_isa(), request.name, 3) == 0 || strcmp(myelin_sgemm_isa(), "neon") == 0,
              "sgemm: %s", myelin_sgemm_isa());
    } else if (request.kind != ISA_BEST) {
        CHECK(*myelin_kernel_isa() == '\0' && myelin_activation_format(TYPE_Q4_0) == 0, "ggml's kernels");
        CHECK(!myelin_attention_supported(TYPE_F16, 64), "ggml's attention");
    }
}

/** A request has precedence over the variable, and only the first one counts. */
static void check_request(void) {
    CHECK(myelin_isa_request(NULL) == MYELIN_ERROR_ARGUMENT, "null");
    CHECK(myelin_isa_request("garbage") == MYELIN_ERROR_ISA, "unknown");
    CHECK(myelin_isa_request(" Scalar") == MYELIN_OK && myelin_isa_request("scalar") == MYELIN_OK, "scalar");
    CHECK(myelin_isa_request("none") == MYELIN_ERROR_IN_USE, "chosen before");
    CHECK(myelin_isa_request("") == MYELIN_ERROR_IN_USE, "chosen before");
    CHECK(myelin_isa_status() == MYELIN_OK, "the variable is not read");
    CHECK(strcmp(myelin_kernel_isa(), "scalar") == 0, "%s", myelin_kernel_isa());
    CHECK(strcmp(myelin_sgemm_isa(), "scalar") == 0, "%s", myelin_sgemm_isa());
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "request") == 0) {
        check_request();
        return checks_failed();
    }
    check_values();
    check_isas();
    check_names();
    check_in_use();
    const bool is_none = isa_requested().kind == ISA_NONE;
    CHECK(myelin_isa_request(is_none ? "scalar" : "none") == MYELIN_ERROR_IN_USE, "used before");
    return checks_failed();
}
