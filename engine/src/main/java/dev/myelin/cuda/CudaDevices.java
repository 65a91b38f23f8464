package dev.myelin.cuda;

import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.CudaLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The GPUs that libmyelin-cuda sees; none, and a reason, where it cannot be used. */
public final class CudaDevices {
  /** The oldest compute capability that the kernels are compiled for, 10 * major + minor. */
  private static final int OLDEST = 80;

  /**
   * A GPU.
   *
   * @param index its number, from 0: what {@link CudaDevice#open} takes
   * @param capability its compute capability, 10 * major + minor: 90 is 9.0
   * @param processors its multiprocessors
   * @param freeBytes memory that is free now
   * @param totalBytes all its memory
   */
  public record Device(
      int index, String name, int capability, int processors, long freeBytes, long totalBytes) {
    /** Whether there are kernels for it: compute capability 8.0 or newer. */
    public boolean isSupported() {
      return capability >= OLDEST;
    }

    /** The compute capability as NVIDIA writes it: {@code 9.0}. */
    public String capabilityText() {
      return capability / 10 + "." + capability % 10;
    }
  }

  private CudaDevices() {}

  /** The library's file, or where it would be. */
  public static Path library() {
    return CudaSearch.result().file();
  }

  /** Why there is no device to use, in one line; none where there are some. */
  public static Optional<String> absence() {
    CudaSearch search = CudaSearch.result();
    return search.isUsable() ? Optional.empty() : Optional.of(search.reason());
  }

  /**
   * Every device, with the memory that is free now; none where the library cannot be used.
   *
   * @throws NativeLibraryException if a device fails to answer
   */
  public static List<Device> list() {
    return list(CudaSearch.result());
  }

  static List<Device> list(CudaSearch search) {
    return IntStream.range(0, search.devices()).mapToObj(CudaDevices::device).toList();
  }

  private static Device device(int index) {
    CudaLibrary.Device device = CudaLibrary.device(index);
    return new Device(
        index,
        device.name(),
        device.capability(),
        device.processors(),
        device.freeBytes(),
        device.totalBytes());
  }
}
