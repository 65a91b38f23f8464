/**
 * Runs kernels on the host: one fiber per thread, in an order that changes at every barrier.
 * Asynchronous copies complete immediately or as late as possible, to detect data that is used before
 * its barrier or overwritten while in use. Matrix instructions follow the PTX specification.
 */
#ifndef MYELIN_CUDA_TESTS_EMULATOR_H
#define MYELIN_CUDA_TESTS_EMULATOR_H

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace emulator {

/** When a copy is done: when it is started, or when it is waited for. */
enum class copy_mode { IMMEDIATE, DEFERRED };

/** Runs the blocks of a grid one after the other; kernel is the work of one thread. */
void run(int64_t blocks, int threads, copy_mode mode, uint32_t seed, const std::function<void()> &kernel);

/** Whether threads of a block or warp wait for threads that have ended. */
bool deadlocked();

/** Number of matrix loads with two rows of a matrix in the same bank. */
long bank_conflicts();

}  // namespace emulator

#endif
