/** Mapped weights that are larger than memory: a part of them is kept in memory, the rest is streamed. */
#ifndef MYELIN_SRC_RUNTIME_WEIGHT_STREAM_H
#define MYELIN_SRC_RUNTIME_WEIGHT_STREAM_H

#include <stddef.h>
#include <stdint.h>

/**
 * Streams a mapping of a whole file from now on: about resident bytes of it are kept in memory. The rest is
 * read ahead, and dropped when it was used. start is the beginning of a page. MYELIN_ERROR_SYSTEM if there
 * is no memory for its tables, or are too many mappings.
 */
int32_t weight_stream_open(uintptr_t start, size_t bytes, int file, uint64_t resident);

/** Ends it, if the mapping is streamed; nothing may be reading it. */
void weight_stream_close(uintptr_t start);

/** The weights of an operation. */
typedef struct {
    const void *address;
    size_t bytes;
} weight_range;

/**
 * Called by one thread at the beginning of an operation, before which all earlier ones have ended: drops
 * what they have used, and reads ahead what came after these weights last time.
 */
void weight_stream_use(const weight_range *ranges, int count);

#endif
