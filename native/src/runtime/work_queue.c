#include "work_queue.h"

#include "myelin.h"

_Static_assert(sizeof(work_queue) <= MYELIN_WORK_QUEUE_BYTES, "the queue fits what a caller reserves");

int64_t work_queue_take(work_queue *queue, int64_t items, int32_t threads, int64_t *count) {
    int_fast64_t from = atomic_load_explicit(&queue->next, memory_order_relaxed);
    do {
        const int64_t left = items - from;
        if (left <= 0) {
            return -1;
        }
        int64_t wanted = left / (2 * (int64_t)threads) / WORK_MULTIPLE * WORK_MULTIPLE;
        wanted = wanted < WORK_MULTIPLE ? WORK_MULTIPLE : wanted;
        *count = wanted < left ? wanted : left;
    } while (!atomic_compare_exchange_weak_explicit(&queue->next, &from, from + *count, memory_order_relaxed,
                                                    memory_order_relaxed));
    return from;
}

void work_queue_finish(work_queue *queue, int32_t threads) {
    if (atomic_fetch_add_explicit(&queue->finished, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&queue->next, 0, memory_order_relaxed);
        atomic_store_explicit(&queue->finished, 0, memory_order_release);
    }
}
