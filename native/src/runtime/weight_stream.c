/*
 * The page cache alone is of no use here: it drops what was used least recently, and every token uses all
 * weights in the same order, so that each page is dropped just before it is needed again. Therefore the
 * pages that are streamed are dropped first, by hand, and the others stay.
 */
#if defined(__linux__)
#define _GNU_SOURCE  // madvise, posix_fadvise
#endif

#include "runtime/weight_stream.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "myelin.h"

#if defined(__linux__)

#include <fcntl.h>
#include <sys/mman.h>

enum { max_streams = 256 };

/** Mappings are kept or streamed by pieces. */
static const size_t piece_bytes = (size_t)8 << 20;
/** At most this much is read ahead, and at most a quarter of what stays in memory. */
static const size_t max_ahead_bytes = (size_t)128 << 20;
/** Pieces that stay for a while after their use: the next operation may use the rest of one. */
static const uint32_t delayed_pieces = 4;
/** How far the order of the pieces is followed to find some to read ahead. */
static const int max_steps = 512;

typedef struct {
    bool is_reading; /* ahead */
    bool is_used;    /* in the queue */
    uint32_t next;   /* the piece that was used after it last time */
} piece;

/** A streamed mapping; start is 0 in a free slot. */
typedef struct {
    uintptr_t start;
    size_t bytes;
    int file;
    size_t ahead_bytes;
    uint64_t resident;
    uint32_t count;
    uint32_t last; /* used */
    piece *pieces;
    uint32_t *queue; /* streamed pieces in the order of their use */
    uint32_t queued;
} stream;

static stream streams[max_streams];
static _Atomic int open_streams = 0;
/* Guards the table. Operations do not wait for it. */
static atomic_flag busy = ATOMIC_FLAG_INIT;

static bool try_lock(void) {
    return !atomic_flag_test_and_set_explicit(&busy, memory_order_acquire);
}

static void lock(void) {
    while (!try_lock()) {
    }
}

static void unlock(void) {
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/** Kept pieces are spread evenly, so that reading ahead continues while they are used. */
static bool is_streamed(const stream *s, uint32_t i) {
    const double kept = (double)s->resident / (double)s->bytes;
    return (uint64_t)((double)(i + 1) * kept) == (uint64_t)((double)i * kept);
}

static size_t size_of_piece(const stream *s, uint32_t i) {
    const size_t from = i * piece_bytes;
    return s->bytes - from < piece_bytes ? s->bytes - from : piece_bytes;
}

static void *address_of_piece(const stream *s, uint32_t i) {
    return (char *)s->start + i * piece_bytes;
}

static void drop(stream *s, uint32_t i) {
    s->pieces[i].is_used = false;
    s->pieces[i].is_reading = false;
    /* only pages that are not mapped leave the page cache */
    madvise(address_of_piece(s, i), size_of_piece(s, i), MADV_DONTNEED);
    posix_fadvise(s->file, (off_t)(i * piece_bytes), (off_t)size_of_piece(s, i), POSIX_FADV_DONTNEED);
}

/** Drops what was used, but not the last pieces. */
static void drop_used(stream *s) {
    if (s->queued <= delayed_pieces) {
        return;
    }
    const uint32_t dropped = s->queued - delayed_pieces;
    for (uint32_t k = 0; k < dropped; k++) {
        drop(s, s->queue[k]);
    }
    for (uint32_t k = 0; k < delayed_pieces; k++) {
        s->queue[k] = s->queue[dropped + k];
    }
    s->queued = delayed_pieces;
}

static void use(stream *s, uint32_t i) {
    s->pieces[s->last].next = i;
    s->last = i;
    if (is_streamed(s, i) && !s->pieces[i].is_used) {
        s->pieces[i].is_used = true;
        s->queue[s->queued++] = i;
    }
}

static void read_ahead(stream *s) {
    size_t ahead = 0;
    uint32_t i = s->last;
    for (int step = 0; step < max_steps && ahead < s->ahead_bytes; step++) {
        i = s->pieces[i].next;
        if (i == s->last) {
            return;
        }
        if (!is_streamed(s, i) || s->pieces[i].is_used) {
            continue;
        }
        ahead += size_of_piece(s, i);
        if (!s->pieces[i].is_reading) {
            s->pieces[i].is_reading = true;
            madvise(address_of_piece(s, i), size_of_piece(s, i), MADV_WILLNEED);
        }
    }
}

static stream *find(uintptr_t address) {
    for (int k = 0; k < max_streams; k++) {
        if (streams[k].start != 0 && address - streams[k].start < streams[k].bytes) {
            return &streams[k];
        }
    }
    return NULL;
}

void weight_stream_use(const weight_range *ranges, int count) {
    if (atomic_load_explicit(&open_streams, memory_order_relaxed) == 0 || !try_lock()) {
        return;
    }
    stream *s = NULL;
    for (int k = 0; k < count; k++) {
        stream *const other = find((uintptr_t)ranges[k].address);
        if (other == NULL || ranges[k].bytes == 0) {
            continue;
        }
        if (other != s) {
            s = other;
            drop_used(s);
        }
        const size_t from = (uintptr_t)ranges[k].address - s->start;
        const size_t last = from + ranges[k].bytes - 1;
        for (size_t i = from / piece_bytes; i <= last / piece_bytes && i < s->count; i++) {
            use(s, (uint32_t)i);
        }
    }
    if (s != NULL) {
        read_ahead(s);
    }
    unlock();
}

static void free_stream(stream *s) {
    free(s->pieces);
    free(s->queue);
    *s = (stream){0};
}

int32_t weight_stream_open(uintptr_t start, size_t bytes, int file, uint64_t resident) {
    weight_stream_close(start);
    if (resident >= bytes) {
        return MYELIN_OK;
    }
    const size_t count = bytes / piece_bytes + (bytes % piece_bytes != 0);
    if (count > UINT32_MAX) {
        return MYELIN_ERROR_ARGUMENT;
    }
    stream s = {
        .start = start,
        .bytes = bytes,
        .file = file,
        .ahead_bytes = resident / 4 < max_ahead_bytes ? (size_t)resident / 4 : max_ahead_bytes,
        .resident = resident,
        .count = (uint32_t)count,
        .pieces = calloc(count, sizeof(piece)),
        .queue = calloc(count, sizeof(uint32_t)),
    };
    if (s.pieces == NULL || s.queue == NULL) {
        free_stream(&s);
        return MYELIN_ERROR_SYSTEM;
    }
    for (uint32_t i = 0; i < s.count; i++) {
        s.pieces[i].next = i + 1 < s.count ? i + 1 : 0;
    }
    lock();
    for (int k = 0; k < max_streams; k++) {
        if (streams[k].start == 0) {
            streams[k] = s;
            atomic_fetch_add(&open_streams, 1);
            unlock();
            return MYELIN_OK;
        }
    }
    unlock();
    free_stream(&s);
    return MYELIN_ERROR_SYSTEM;
}

void weight_stream_close(uintptr_t start) {
    if (atomic_load(&open_streams) == 0) {
        return;
    }
    lock();
    for (int k = 0; k < max_streams; k++) {
        if (streams[k].start == start) {
            free_stream(&streams[k]);
            atomic_fetch_sub(&open_streams, 1);
        }
    }
    unlock();
}

#else

int32_t weight_stream_open(uintptr_t start, size_t bytes, int file, uint64_t resident) {
    (void)start;
    (void)bytes;
    (void)file;
    (void)resident;
    return MYELIN_ERROR_UNSUPPORTED;
}

void weight_stream_close(uintptr_t start) {
    (void)start;
}

void weight_stream_use(const weight_range *ranges, int count) {
    (void)ranges;
    (void)count;
}

#endif
