#include "emulator.h"

#include <algorithm>
#include <cstring>

#include "instructions.h"

namespace {

constexpr size_t STACK = 256 * 1024;
constexpr int LANES = 32;

struct copy {
    uint8_t *to;
    const uint8_t *from;
    int bytes;

    void perform() const {
        memset(to, 0, 16);
        memcpy(to, from, (size_t)bytes);
    }
};

/** A barrier of a block or a warp. */
struct barrier {
    int members = 0;
    int arrived = 0;
    int generation = 0;
};

struct thread_state {
    ucontext_t context;
    std::unique_ptr<uint8_t[]> stack;
    bool ended = false;
    std::vector<copy> started;
    std::vector<std::vector<copy>> groups;
    /** What a lane shares with its warp: a word, an address, fragments of A and B. */
    uint32_t word = 0;
    const uint8_t *address = nullptr;
    uint32_t a[4] = {};
    uint32_t b[2] = {};
};

struct machine {
    ucontext_t scheduler;
    std::vector<thread_state> threads;
    std::vector<barrier> warps;
    barrier block;
    emulator::copy_mode mode = emulator::copy_mode::DEFERRED;
    const std::function<void()> *kernel = nullptr;
    int64_t index_of_block = 0;
    int64_t blocks = 0;
    int current = 0;
    bool deadlocked = false;
    long conflicts = 0;
};

machine gpu;

void run_fiber() {
    (*gpu.kernel)();
    gpu.threads[(size_t)gpu.current].ended = true;
    swapcontext(&gpu.threads[(size_t)gpu.current].context, &gpu.scheduler);
}

thread_state &self() {
    return gpu.threads[(size_t)gpu.current];
}

/** The state of a lane of this thread's warp. */
thread_state &lane_state(int lane) {
    return gpu.threads[(size_t)(gpu.current / LANES * LANES + lane)];
}

void wait(barrier &at) {
    const int generation = at.generation;
    if (++at.arrived == at.members) {
        at.arrived = 0;
        at.generation++;
    }
    /* The last one yields too, so that the order changes. */
    const int me = gpu.current;
    do {
        swapcontext(&gpu.threads[(size_t)me].context, &gpu.scheduler);
    } while (at.generation == generation);
}

void run_block(int threads, std::vector<int> &order, uint32_t &seed) {
    gpu.block = {threads, 0, 0};
    gpu.warps.assign((size_t)(threads / LANES), {LANES, 0, 0});
    for (int i = 0; i < threads; i++) {
        thread_state &t = gpu.threads[(size_t)i];
        t.ended = false;
        t.started.clear();
        t.groups.clear();
        getcontext(&t.context);
        t.context.uc_stack.ss_sp = t.stack.get();
        t.context.uc_stack.ss_size = STACK;
        t.context.uc_link = nullptr;
        makecontext(&t.context, run_fiber, 0);
    }
    int running = threads;
    int idle = 0;
    while (running > 0) {
        const int before = running;
        const int generations = gpu.block.generation;
        int warp_generations = 0;
        for (const auto &w : gpu.warps) {
            warp_generations += w.generation;
        }
        const int arrivals = gpu.block.arrived;
        for (const int i : order) {
            if (!gpu.threads[(size_t)i].ended) {
                gpu.current = i;
                swapcontext(&gpu.scheduler, &gpu.threads[(size_t)i].context);
                running -= gpu.threads[(size_t)i].ended;
            }
        }
        /* Forwards, backwards, or rotated. */
        seed = seed * 1664525u + 1013904223u;
        if (seed >> 31) {
            std::reverse(order.begin(), order.end());
        }
        std::rotate(order.begin(), order.begin() + (long)((seed >> 8) % order.size()), order.end());
        for (const auto &w : gpu.warps) {
            warp_generations -= w.generation;
        }
        const bool moved = running < before || generations != gpu.block.generation || warp_generations != 0 ||
                           arrivals != gpu.block.arrived;
        idle = moved ? 0 : idle + 1;
        if (idle > 2) {
            gpu.deadlocked = true;
            return;
        }
    }
}

}  // namespace

namespace emulator {

void run(int64_t blocks, int threads, copy_mode mode, uint32_t seed, const std::function<void()> &kernel) {
    gpu.kernel = &kernel;
    gpu.blocks = blocks;
    gpu.mode = mode;
    gpu.threads.resize((size_t)std::max(threads, (int)gpu.threads.size()));
    std::vector<int> order;
    for (int i = 0; i < threads; i++) {
        order.push_back(i);
        if (!gpu.threads[(size_t)i].stack) {
            gpu.threads[(size_t)i].stack.reset(new uint8_t[STACK]);
        }
    }
    for (int64_t b = 0; b < blocks; b++) {
        gpu.index_of_block = b;
        run_block(threads, order, seed);
    }
}

bool deadlocked() {
    return gpu.deadlocked;
}

long bank_conflicts() {
    return gpu.conflicts;
}

}  // namespace emulator

namespace myelin {

int thread_index() {
    return gpu.current;
}

int64_t block_index() {
    return gpu.index_of_block;
}

int64_t grid_size() {
    return gpu.blocks;
}

void block_barrier() {
    wait(gpu.block);
}

void warp_barrier() {
    wait(gpu.warps[(size_t)(gpu.current / LANES)]);
}

uint32_t shuffle_xor(uint32_t value, int bits) {
    self().word = value;
    warp_barrier();
    const uint32_t other = lane_state(gpu.current % LANES ^ bits).word;
    warp_barrier();
    return other;
}

void emulated_cp_async_16(uint8_t *shared, const uint8_t *global, int bytes) {
    const copy c = {shared, global, bytes};
    if (gpu.mode == emulator::copy_mode::IMMEDIATE) {
        c.perform();
    } else {
        self().started.push_back(c);
    }
}

void cp_async_commit() {
    self().groups.push_back(std::move(self().started));
    self().started.clear();
}

void cp_async_wait_all_but(int groups) {
    auto &mine = self().groups;
    while ((int)mine.size() > groups) {
        for (const copy &c : mine.front()) {
            c.perform();
        }
        mine.erase(mine.begin());
    }
}

void ldmatrix_x4(const uint8_t *row, uint32_t (&r)[4]) {
    self().address = row;
    warp_barrier();
    const int lane = gpu.current % LANES;
    for (int j = 0; j < 4; j++) {
        /* Lane 8 j + i has the address of row i of matrix j; a lane loads two halves of row lane / 4. */
        memcpy(&r[j], lane_state(8 * j + lane / 4).address + lane % 4 * 4, 4);
        if (lane == 0) {
            uint32_t banks = 0;
            for (int i = 0; i < 8; i++) {
                banks |= 1u << ((uintptr_t)lane_state(8 * j + i).address / 16 % 8);
            }
            gpu.conflicts += banks != 0xff;
        }
    }
    warp_barrier();
}

void mma(const uint32_t (&a)[4], uint32_t b0, uint32_t b1, float (&sum)[4]) {
    memcpy(self().a, a, sizeof a);
    self().b[0] = b0;
    self().b[1] = b1;
    warp_barrier();
    const int lane = gpu.current % LANES;
    for (int i = 0; i < 4; i++) {
        /* c0, c1: row lane / 4; c2, c3: that plus 8; columns 2 (lane % 4) and the next. */
        const int row = (lane >> 2) + (i < 2 ? 0 : 8);
        const int column = (lane & 3) * 2 + (i & 1);
        double total = sum[i];
        for (int k = 0; k < 16; k++) {
            /* Halves of A: a0, a1 row g; a2, a3 row g + 8; a4, a5 row g, k + 8; a6, a7 both. */
            const int element_a = (row < 8 ? 0 : 2) + (k < 8 ? 0 : 4) + k % 2;
            const thread_state &from_a = lane_state(row % 8 * 4 + k % 8 / 2);
            /* Halves of B: b0, b1 rows 2 (lane % 4) and the next; b2, b3 those plus 8; column lane / 4. */
            const int element_b = (k < 8 ? 0 : 2) + k % 2;
            const thread_state &from_b = lane_state(column * 4 + k % 8 / 2);
            total += (double)half_to_float((uint16_t)(from_a.a[element_a / 2] >> 16 * (element_a % 2))) *
                     half_to_float((uint16_t)(from_b.b[element_b / 2] >> 16 * (element_b % 2)));
        }
        sum[i] = (float)total;
    }
    warp_barrier();
}

}  // namespace myelin
