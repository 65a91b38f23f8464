package dev.myelin.plan;

import com.sun.management.OperatingSystemMXBean;
import dev.myelin.graph.Devices;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory there is.
 *
 * @param totalBytes of this machine, or of the container that the process runs in
 * @param availableBytes what can be had now without swapping: on Linux with what caches of files
 *     take, elsewhere what is free
 * @param devices GPUs and their like, with memory of their own or shared
 */
public record MachineMemory(long totalBytes, long availableBytes, List<Devices.Device> devices) {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Pattern AVAILABLE =
      Pattern.compile("^MemAvailable: +(\\d{1,15}) kB$", Pattern.MULTILINE);

  public MachineMemory {
    devices = List.copyOf(devices);
  }

  /** How a number of bytes fits into a memory. */
  public enum Fit {
    NOW("yes"),
    /** Not now, but if what runs beside it makes room. */
    IF_FREED("if freed"),
    NO("no");

    private final String label;

    Fit(String label) {
      this.label = label;
    }

    /** For people. */
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
   * The memory there is now.
   *
   * @throws dev.myelin.error.NativeLibraryException if ggml, which tells the devices, cannot be
   *     loaded
   */
  public static MachineMemory now() {
    OperatingSystemMXBean bean = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long total = bean.getTotalMemorySize();
    String text = "";
    try {
      text = Files.readString(MEMINFO);
    } catch (IOException e) {
      // no Linux: what is free has to do
    }
    long available = Math.min(total, available(text).orElse(bean.getFreeMemorySize()));
    return new MachineMemory(
        total, available, Devices.list().stream().filter(MachineMemory::computes).toList());
  }

  private static boolean computes(Devices.Device device) {
    return device.kind() == Devices.Kind.GPU || device.kind() == Devices.Kind.INTEGRATED_GPU;
  }

  static OptionalLong available(String meminfo) {
    Matcher line = AVAILABLE.matcher(meminfo);
    return line.find()
        ? OptionalLong.of(Long.parseLong(line.group(1)) << 10)
        : OptionalLong.empty();
  }

  /** Whether so much fits into the main memory. */
  public Fit fit(long bytes) {
    return Fit.of(bytes, availableBytes, totalBytes);
  }

  /** Whether so much fits into a device's. */
  public static Fit fit(long bytes, Devices.Device device) {
    return Fit.of(bytes, device.freeBytes(), device.totalBytes());
  }
}
