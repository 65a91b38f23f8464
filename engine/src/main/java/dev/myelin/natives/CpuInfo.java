package dev.myelin.natives;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The CPU of this machine. */
public final class CpuInfo {
  private static final int BRAND_BYTES = 128;

  private CpuInfo() {}

  /** The instruction set extensions that the processor has and the operating system supports. */
  public static List<String> features() {
    Natives.load();
    long bits = Myelin_h.myelin_cpu_features();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < Myelin_h.MYELIN_CPU_FEATURE_COUNT(); i++) {
      if ((bits >>> i & 1) != 0) {
        names.add(Myelin_h.myelin_cpu_feature_name(i).getString(0));
      }
    }
    return names;
  }

  /** The processor's name, empty if it has none. */
  public static String name() {
    Natives.load();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(BRAND_BYTES);
      Natives.check(Myelin_h.myelin_cpu_brand(text, BRAND_BYTES));
      return text.getString(0).strip();
    }
  }

  /** Physical cores that this process may run on, at least 1. */
  public static int physicalCores() {
    Natives.load();
    int available = Runtime.getRuntime().availableProcessors();
    int physical = Myelin_h.myelin_cpu_physical_cores();
    return physical <= 0 ? available : Math.min(physical, available);
  }

  /**
   * Runs rounds of f32 multiply-adds and returns the number of operations; the caller measures the
   * time.
   */
  public static long fmaFlops(long rounds) {
    return Myelin_h.myelin_fma_flops(rounds);
  }

  /**
   * Runs rounds of int8 dot products and returns the number of operations; the caller measures the
   * time.
   */
  public static long int8Ops(long rounds) {
    return Myelin_h.myelin_int8_ops(rounds);
  }

  /** Reads all of {@code memory} and returns a checksum; the caller measures the time. */
  public static long readMemory(MemorySegment memory) {
    return Myelin_h.myelin_read_memory(memory, memory.byteSize());
  }
}
