// The cores that this process may run on.
#if defined(__linux__)
#define _GNU_SOURCE  // sched_getaffinity, CPU_COUNT
#endif

#include "myelin.h"

#if defined(__linux__)

#include <sched.h>
#include <stdio.h>

/** The lowest-numbered logical CPU of the core, which identifies it; CPU_SETSIZE if unknown. */
static size_t first_sibling(size_t cpu) {
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", cpu);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return CPU_SETSIZE;
    }
    unsigned first = CPU_SETSIZE;
    if (fscanf(file, "%u", &first) != 1) {
        first = CPU_SETSIZE;
    }
    fclose(file);
    return first;
}

int32_t myelin_cpu_logical_cores(void) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return 0;  // more than CPU_SETSIZE logical CPUs, or a sandbox
    }
    return CPU_COUNT(&allowed);
}

int32_t myelin_cpu_physical_cores(void) {
    cpu_set_t allowed, cores;
    CPU_ZERO(&allowed);
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return 0;
    }
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed)) {
            continue;
        }
        const size_t core = first_sibling(cpu);
        if (core >= CPU_SETSIZE) {
            return 0;
        }
        CPU_SET(core, &cores);
    }
    return CPU_COUNT(&cores);
}

#elif defined(__APPLE__)

#include <sys/sysctl.h>

static int32_t count(const char *name) {
    int32_t value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value > 0 ? value : 0;
}

int32_t myelin_cpu_logical_cores(void) {
    return count("hw.logicalcpu");
}

int32_t myelin_cpu_physical_cores(void) {
    return count("hw.physicalcpu");
}

#else

int32_t myelin_cpu_logical_cores(void) {
    return 0;
}

int32_t myelin_cpu_physical_cores(void) {
    return 0;
}

#endif
