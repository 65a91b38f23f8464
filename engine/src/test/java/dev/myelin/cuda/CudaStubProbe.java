package dev.myelin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.bindings.loader.CudaStub;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Main program of {@link CudaDeviceTest}'s child process: valid and invalid uses of the stub's
 * devices.
 */
final class CudaStubProbe {
  private static final int K = CudaMatmulComparison.K;
  private static final int N = CudaMatmulComparison.N;
  private static final int STATUS = 0x10000 + 700;

  private CudaStubProbe() {}

  public static void main(String[] args) throws Throwable {
    CudaSearch library = CudaStub.load(Path.of(args[0]));
    devices(library);
    try (CudaDevice device = CudaDevice.open(library, 0)) {
      CudaMatmulComparison.run(device);
      threads(device);
    }
    assertThat(CudaStub.live()).isZero();
    wrongSizes(library);
    failures(library);
    lifetimes(library);
    assertThat(CudaStub.live()).isZero();
    System.out.println("all as expected");
  }

  private static void devices(CudaSearch library) {
    assertThat(CudaDevices.list(library))
        .containsExactly(
            new CudaDevices.Device(0, "Stub 0", 90, 132, 4 << 20, 4 << 20),
            new CudaDevices.Device(1, "Stub 1", 75, 133, 4 << 20, 4 << 20));
    assertThat(CudaDevices.list(library))
        .extracting(CudaDevices.Device::isSupported)
        .containsExactly(true, false);
    assertRejected(
        InvalidRequestException.class, () -> CudaDevice.open(library, 2), "no device 2", "0 to 1");
    assertRejected(
        InvalidRequestException.class, () -> CudaDevice.open(library, -1), "no device -1");
    assertRejected(
        NativeLibraryException.class, () -> CudaDevice.open(library, 1), "device 1", "no kernel");
  }

  private static void threads(CudaDevice device) {
    CudaMatrix w =
        device.upload("w", GgmlType.Q8_0, K, N, CudaMatmulComparison.weights(GgmlType.Q8_0));
    float[][] expected = new float[32][];
    for (int i = 0; i < expected.length; i++) {
      expected[i] =
          CudaMatmulComparison.matmul(device, w, CudaMatmulComparison.random(K * (1 + i % 5), i));
    }
    IntStream.range(0, expected.length)
        .parallel()
        .forEach(
            i ->
                assertThat(
                        CudaMatmulComparison.matmul(
                            device, w, CudaMatmulComparison.random(K * (1 + i % 5), i)))
                    .isEqualTo(expected[i]));
  }

  private static void wrongSizes(CudaSearch library) {
    try (CudaDevice device = CudaDevice.open(library, 0);
        Arena arena = Arena.ofConfined()) {
      MemorySegment rows = arena.allocate(GgmlType.Q8_0.bytes(K * N));
      assertRejected(
          InvalidRequestException.class,
          () -> device.upload("blk.0.ffn", GgmlType.Q5_K, K, N, rows),
          "tensor blk.0.ffn of q5_K[768, 43]",
          "expected f16, q8_0");
      for (long[] dims : new long[][] {{0, 1}, {-32, 1}, {33, 1}, {32, 0}, {32, (1 << 30) + 1}}) {
        assertRejected(
            InvalidRequestException.class,
            () -> device.upload("w", GgmlType.Q8_0, dims[0], dims[1], rows),
            "q8_0[" + dims[0] + ", " + dims[1] + "]",
            "multiple of 32");
      }
      assertRejected(
          InvalidRequestException.class,
          () -> device.upload("w", GgmlType.Q8_0, K, N + 1, rows),
          "in " + rows.byteSize() + " bytes",
          "expected " + GgmlType.Q8_0.bytes(K * (N + 1)));
      assertRejected(
          InvalidRequestException.class,
          () ->
              device.upload(
                  "w", GgmlType.Q8_0, K, N, MemorySegment.ofArray(new byte[(int) rows.byteSize()])),
          "on the heap",
          "off the heap");
      CudaMatrix w = device.upload("w", GgmlType.Q8_0, K, N, rows);
      assertThat(w.toString()).isEqualTo("tensor w of q8_0[768, 43]");
      MemorySegment x = arena.allocate(2L * K * Float.BYTES);
      MemorySegment y = arena.allocate(2L * N * Float.BYTES);
      device.matmul(w, x, 2, y);
      for (long m : new long[] {0, -1, 1L << 31, Long.MAX_VALUE}) {
        assertRejected(InvalidRequestException.class, () -> device.matmul(w, x, m, y), "positions");
      }
      assertRejected(
          InvalidRequestException.class, () -> device.matmul(w, x, 1, y), "x in 6144 bytes");
      assertRejected(
          InvalidRequestException.class, () -> device.matmul(w, x, 2, x), "y in 6144 bytes");
    }
  }

  private static void failures(CudaSearch library) throws Throwable {
    try (CudaDevice device = CudaDevice.open(library, 0);
        Arena arena = Arena.ofConfined()) {
      MemorySegment large = arena.allocate(6L << 20);
      assertRejected(
          NativeLibraryException.class,
          () -> device.upload("large", GgmlType.F16, 1 << 20, 3, large),
          "tensor large of f16[1048576, 3]",
          "6291456 bytes of device 0",
          "out of memory");
      CudaMatrix w =
          device.upload("w", GgmlType.F16, K, N, CudaMatmulComparison.weights(GgmlType.F16));
      MemorySegment x = arena.allocate(2000L * K * Float.BYTES);
      MemorySegment y = arena.allocate(2000L * N * Float.BYTES);
      assertRejected(
          NativeLibraryException.class,
          () -> device.matmul(w, x, 2000, y),
          "tensor w of f16[768, 43] times f32[768, 2000], inputs",
          "out of memory");
      CudaStub.fail(STATUS);
      assertRejected(
          NativeLibraryException.class,
          () -> CudaMatmulComparison.matmul(device, w, new float[K]),
          "tensor w of f16[768, 43] times f32[768, 1]",
          "something else");
      assertThat(CudaMatmulComparison.matmul(device, w, new float[K])).containsOnly(0);
    }
    assertThat(CudaStub.live()).isZero();
  }

  private static void lifetimes(CudaSearch library) throws Throwable {
    CudaDevice device = CudaDevice.open(library, 0);
    CudaMatrix w =
        device.upload("w", GgmlType.F16, K, N, CudaMatmulComparison.weights(GgmlType.F16));
    try (CudaDevice other = CudaDevice.open(library, 0)) {
      assertRejected(
          IllegalUseException.class,
          () -> CudaMatmulComparison.matmul(other, w, new float[K]),
          "uploaded by another");
    }
    assertThat(CudaStub.live()).as("a stream and a matrix").isEqualTo(2);
    device.close();
    assertThat(CudaStub.live()).isZero();
    device.close();
    assertRejected(
        IllegalUseException.class,
        () -> CudaMatmulComparison.matmul(device, w, new float[K]),
        "closed");
    assertRejected(
        IllegalUseException.class,
        () -> device.upload("w", GgmlType.F16, K, N, CudaMatmulComparison.weights(GgmlType.F16)),
        "closed");
  }

  private static void assertRejected(
      Class<? extends MyelinException> type, ThrowingCallable call, String... words) {
    assertThatThrownBy(call).isExactlyInstanceOf(type).message().hasLineCount(1).contains(words);
  }
}
