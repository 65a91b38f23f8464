package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** The devices that ggml can compute on in this process. */
public final class Devices {
  /** ggml's device types. */
  public enum Kind {
    CPU,
    GPU,
    /** A GPU that shares the CPU's memory. */
    INTEGRATED_GPU,
    /** Assists the CPU, such as a BLAS library. */
    ACCELERATOR,
    OTHER
  }

  /**
   * @param name ggml's short name, for example {@code CPU} or {@code CUDA0}
   * @param freeBytes free memory, 0 if the device does not report it
   * @param totalBytes total memory, 0 if the device does not report it
   */
  public record Device(
      String name, String description, Kind kind, long freeBytes, long totalBytes) {}

  private Devices() {}

  /**
   * All devices, in ggml's order.
   *
   * @throws dev.myelin.error.NativeLibraryException if ggml cannot be loaded
   */
  public static List<Device> list() {
    Ggml.require();
    List<Device> devices = new ArrayList<>();
    for (long i = 0; i < Ggml_h.ggml_backend_dev_count(); i++) {
      devices.add(device(Ggml_h.ggml_backend_dev_get(i)));
    }
    return devices;
  }

  private static Device device(MemorySegment device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
      Ggml_h.ggml_backend_dev_memory(device, free, total);
      return new Device(
          Ggml_h.ggml_backend_dev_name(device).getString(0),
          Ggml_h.ggml_backend_dev_description(device).getString(0),
          kind(Ggml_h.ggml_backend_dev_type(device)),
          free.get(ValueLayout.JAVA_LONG, 0),
          total.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  private static Kind kind(int type) {
    if (type == Ggml_h.GGML_BACKEND_DEVICE_TYPE_CPU()) {
      return Kind.CPU;
    } else if (type == Ggml_h.GGML_BACKEND_DEVICE_TYPE_GPU()) {
      return Kind.GPU;
    } else if (type == Ggml_h.GGML_BACKEND_DEVICE_TYPE_IGPU()) {
      return Kind.INTEGRATED_GPU;
    }
    return type == Ggml_h.GGML_BACKEND_DEVICE_TYPE_ACCEL() ? Kind.ACCELERATOR : Kind.OTHER;
  }
}
