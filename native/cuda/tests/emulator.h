/**
 * Runs kernels on the host: a fiber a thread, in an order that the test chooses, changed at every
 * barrier. Copies to shared memory arrive at once or as late as they may, so that data used before its
 * barrier, or overwritten while in use, is seen. Matrix instructions follow PTX's description.
 */
#ifndef MYELIN_CUDA_TESTS_EMULATOR_H
#define MYELIN_CUDA_TESTS_EMULATOR_H

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace emulator {

/** When copies are done: when they are asked for, or when they are waited for. */
enum class copies { AT_ONCE, LATE };

/** Runs every block of a grid, one after the other; kernel is a thread's work. */
void run(int64_t blocks, int threads, copies when, uint32_t seed, const std::function<void()> &kernel);

/** What went wrong: threads of a block or warp that wait for others which have ended. */
bool stuck();

/** Matrix loads with two rows of a matrix in one bank. */
long bank_conflicts();

}  // namespace emulator

#endif
