package dev.myelin.plan;

import com.sun.management.OperatingSystemMXBean;
import dev.myelin.graph.Devices;
import dev.myelin.natives.MemInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * The memory of this machine. Immutable and thread-safe.
 *
 * @param totalBytes memory of the machine, or of the container
 * @param availableBytes memory available without swapping: on Linux including reclaimable page
 *     cache, elsewhere free memory
 * @param devices GPUs, with dedicated or shared memory
 */
public record MachineMemory(long totalBytes, long availableBytes, List<Devices.Device> devices) {
  private static final Path MEMINFO = Path.of("/proc/meminfo");

  public MachineMemory {
    devices = List.copyOf(devices);
  }

  /** Whether a number of bytes fits into memory. */
  public enum Fit {
    NOW("yes"),
    /** Only if other programs free memory. */
    IF_FREED("if freed"),
    NO("no");

    private final String label;

    Fit(String label) {
      this.label = label;
    }

    /** Text for display. */
    public String label() {
      return label;
    }

    static Fit of(long bytes, long available, long total) {
      if (bytes <= available) {
        return NOW;
      }
      return bytes <= total ? IF_FREED : NO;
    }
  }

  /**
   * The current memory of this machine.
   *
   * @throws dev.myelin.error.NativeLibraryException if ggml, which lists the devices, cannot be
   *     loaded
   */
  public static MachineMemory current() {
    OperatingSystemMXBean bean = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long total = bean.getTotalMemorySize();
    String text = "";
    try {
      text = Files.readString(MEMINFO);
    } catch (IOException e) {
      // not Linux: use free memory
    }
    long available = Math.min(total, available(text).orElse(bean.getFreeMemorySize()));
    return new MachineMemory(
        total, available, Devices.list().stream().filter(MachineMemory::isGpu).toList());
  }

  private static boolean isGpu(Devices.Device device) {
    return device.kind() == Devices.Kind.GPU || device.kind() == Devices.Kind.INTEGRATED_GPU;
  }

  static OptionalLong available(String meminfo) {
    return MemInfo.availableBytes(meminfo);
  }

  /** Whether {@code bytes} fit into main memory. */
  public Fit fit(long bytes) {
    return Fit.of(bytes, availableBytes, totalBytes);
  }

  /** Whether {@code bytes} fit into a device's memory. */
  public static Fit fit(long bytes, Devices.Device device) {
    return Fit.of(bytes, device.freeBytes(), device.totalBytes());
  }
}
