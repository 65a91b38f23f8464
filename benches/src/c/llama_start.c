// Time from the start of a process to a model with a context of 4096, and to the first logits, with llama.cpp's
// library. Build: docs/benchmarks.md.
#define _POSIX_C_SOURCE 200809L
#include "ggml-backend.h"
#include "llama.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void silent(enum ggml_log_level level, const char *text, void *data) {
    (void)level;
    (void)text;
    (void)data;
}

int main(int argc, char **argv) {
    double start = now();
    if (argc != 4) {
        fprintf(stderr, "usage: llama_start LIBRARY_FOLDER MODEL PROMPT\n");
        return 2;
    }
    llama_log_set(silent, NULL);
    ggml_backend_load_all_from_path(argv[1]);
    struct llama_model *model = llama_model_load_from_file(argv[2], llama_model_default_params());
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = 4096;
    params.n_threads = params.n_threads_batch = (int)sysconf(_SC_NPROCESSORS_ONLN);
    struct llama_context *context = model == NULL ? NULL : llama_init_from_model(model, params);
    if (context == NULL) {
        fprintf(stderr, "%s: cannot be loaded\n", argv[2]);
        return 1;
    }
    double ready = now();
    llama_token tokens[256];
    int count = llama_tokenize(llama_model_get_vocab(model), argv[3], (int)strlen(argv[3]), tokens, 256, true, true);
    if (count < 1 || llama_decode(context, llama_batch_get_one(tokens, count)) != 0) {
        fprintf(stderr, "%s: cannot be computed\n", argv[3]);
        return 1;
    }
    double first = now();
    printf("ready %.3f s, first logits %.3f s\n", ready - start, first - start);
    llama_free(context);
    llama_model_free(model);
    return 0;
}
