package dev.myelin.cuda;

import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.CudaLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The GPUs that libmyelin-cuda finds, or the reason why it cannot be used. Stateless and
 * thread-safe.
 */
public final class CudaDevices {
  /** Minimum compute capability of the kernels, 10 * major + minor. */
  private static final int MIN_CAPABILITY = 80;

  /**
   * A GPU.
   *
   * @param index from 0, the argument of {@link CudaDevice#open}
   * @param computeCapability compute capability, 10 * major + minor: 90 is 9.0
   * @param multiprocessors number of streaming multiprocessors
   * @param freeBytes free memory
   * @param totalBytes total memory
   */
  public record Device(
      int index,
      String name,
      int computeCapability,
      int multiprocessors,
      long freeBytes,
      long totalBytes) {
    /** Whether the kernels support it: compute capability 8.0 or newer. */
    public boolean isSupported() {
      return computeCapability >= MIN_CAPABILITY;
    }

    /** The compute capability in NVIDIA's notation: {@code 9.0}. */
    public String capabilityText() {
      return computeCapability / 10 + "." + computeCapability % 10;
    }
  }

  private CudaDevices() {}

  /** Path of the library, whether it exists or not. */
  public static Path library() {
    return CudaSearch.result().file();
  }

  /** Why no device is usable, in one line; empty if one is. */
  public static Optional<String> unavailableReason() {
    CudaSearch search = CudaSearch.result();
    return search.isUsable() ? Optional.empty() : Optional.of(search.reason());
  }

  /**
   * All devices, with their free memory; empty if the library cannot be used.
   *
   * @throws NativeLibraryException if a device does not respond
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
