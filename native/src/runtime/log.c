// Keeps the text of ggml's warnings and errors until Java takes it. ggml has one log callback per process, so
// there is one buffer.
#include <stdatomic.h>
#include <string.h>

#include "myelin.h"

// Values of enum ggml_log_level; debug and info are lower.
enum { level_warn = 3, level_error = 4, level_continue = 5 };

static char buffer_text[MYELIN_LOG_CAPACITY];
static size_t buffer_bytes = 0;
// A spin lock, held for a copy of at most MYELIN_LOG_CAPACITY bytes; messages are rare.
static atomic_flag busy = ATOMIC_FLAG_INIT;
// Whether the last message of this thread was kept, for its continuation.
static _Thread_local bool keeps_continuation = false;

static void lock(void) {
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) {
    }
}

static void unlock(void) {
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/** The start of the newest part of text that fits, at the start of a line if possible. */
static size_t newest_part(const char *text, size_t length, size_t room) {
    if (length <= room) {
        return 0;
    }
    const size_t cut = length - room;
    const char *line = memchr(text + cut - 1, '\n', length - cut);
    return line == NULL ? cut : (size_t)(line - text) + 1;
}

/** Drops the oldest lines until length more bytes fit; length <= MYELIN_LOG_CAPACITY. */
static void make_room(size_t length) {
    const size_t drop = newest_part(buffer_text, buffer_bytes, MYELIN_LOG_CAPACITY - length);
    memmove(buffer_text, buffer_text + drop, buffer_bytes - drop);
    buffer_bytes -= drop;
}

void myelin_log_sink(int32_t level, const char *text, void *user) {
    (void)user;
    const bool keep =
        level == level_warn || level == level_error || (level == level_continue && keeps_continuation);
    keeps_continuation = keep;
    if (!keep || text == NULL) {
        return;
    }
    const size_t length = strlen(text);
    const size_t from = newest_part(text, length, MYELIN_LOG_CAPACITY);
    lock();
    make_room(length - from);
    memcpy(buffer_text + buffer_bytes, text + from, length - from);
    buffer_bytes += length - from;
    unlock();
}

size_t myelin_log_take(char *buffer, size_t capacity) {
    if (buffer == NULL || capacity == 0) {
        return 0;
    }
    lock();
    const size_t from = newest_part(buffer_text, buffer_bytes, capacity - 1);
    const size_t length = buffer_bytes - from;
    memcpy(buffer, buffer_text + from, length);
    buffer_bytes = 0;
    unlock();
    buffer[length] = '\0';
    return length;
}
