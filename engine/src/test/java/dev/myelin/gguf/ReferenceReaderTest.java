package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.loader.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ggml's own reader accepts the written files and reads the same contents. */
class ReferenceReaderTest {
  private static final MemoryLayout PARAMS =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_BOOLEAN.withName("no_alloc"),
          MemoryLayout.paddingLayout(7),
          ValueLayout.ADDRESS.withName("ctx"));

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    NativeLibraries.load();
  }

  @Test
  void readsEveryTypeAndVersion() throws Throwable {
    Random random = new Random(11);
    for (int version : new int[] {2, 3}) {
      for (int alignment : new int[] {8, 32, 256}) {
        Path file = folder.resolve("v" + version + "a" + alignment + ".gguf");
        everything(random).version(version).alignment(alignment).write(file);
        compare(file);
      }
    }
  }

  @Test
  void readsPartsOfASplitCheckpoint() throws Throwable {
    for (Path file : everything(new Random(12)).writeSplit(folder.resolve("m"), 5)) {
      try (Reference reference = new Reference(file)) {
        assertThat(reference.number("gguf_get_n_tensors")).isPositive();
        assertThat(reference.find("gguf_find_key", "split.no")).isNotNegative();
      }
    }
  }

  private static GgufWriter everything(Random random) {
    GgufWriter writer =
        new GgufWriter().put("text", "some text").put("words", new String[] {"a", ""});
    for (GgufValueType type : GgufValueType.values()) {
      if (type.bytes() > 0) {
        Object one = type == GgufValueType.BOOL ? (Object) true : (Object) 1;
        writer.put(type.shortName(), type, one);
        writer.putArray("a." + type.shortName(), type, new Object[] {one, one});
      }
    }
    for (GgmlType type : GgmlType.values()) {
      long[] shape = {type.blockSize() * (1L + random.nextInt(3)), 1 + random.nextInt(3)};
      byte[] data = new byte[(int) type.bytes(shape[0] * shape[1])];
      writer.tensor("t." + type.ggmlName(), type, shape, MemorySegment.ofArray(data));
    }
    return writer;
  }

  private static void compare(Path path) throws Throwable {
    try (GgufFile file = GgufFile.open(path);
        Reference reference = new Reference(path)) {
      assertThat(reference.number("gguf_get_n_kv")).isEqualTo(file.metadata().keys().size());
      assertThat(reference.number("gguf_get_n_tensors")).isEqualTo(file.tensors().size());
      for (String key : file.metadata().keys()) {
        assertThat(reference.find("gguf_find_key", key)).as(key).isNotNegative();
      }
      long data = reference.number("gguf_get_data_offset");
      for (TensorInfo tensor : file.tensors()) {
        long id = reference.find("gguf_find_tensor", tensor.name());
        assertThat(id).as(tensor.name()).isNotNegative();
        assertThat(data + reference.ofTensor("gguf_get_tensor_offset", id))
            .isEqualTo(tensor.offset());
        assertThat(reference.ofTensor("gguf_get_tensor_size", id)).isEqualTo(tensor.bytes());
      }
    }
  }

  /** A file opened by ggml, without its data. */
  private static final class Reference implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment context;

    Reference(Path file) throws Throwable {
      MemorySegment params = arena.allocate(PARAMS);
      params.set(ValueLayout.JAVA_BOOLEAN, 0, true);
      FunctionDescriptor open =
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, PARAMS);
      context =
          (MemorySegment)
              handle("gguf_init_from_file", open)
                  .invokeExact(arena.allocateFrom(file.toString()), params);
      assertThat(context.address()).as("refused by ggml: %s", file).isNotZero();
    }

    long number(String function) throws Throwable {
      FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
      return (long) handle(function, type).invokeExact(context);
    }

    long find(String function, String name) throws Throwable {
      FunctionDescriptor type =
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
      return (long) handle(function, type).invokeExact(context, arena.allocateFrom(name));
    }

    long ofTensor(String function, long id) throws Throwable {
      FunctionDescriptor type =
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
      return (long) handle(function, type).invokeExact(context, id);
    }

    @Override
    public void close() {
      try {
        handle("gguf_free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS)).invokeExact(context);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      arena.close();
    }

    private static MethodHandle handle(String function, FunctionDescriptor type) {
      return Linker.nativeLinker()
          .downcallHandle(NativeSymbols.lookup().findOrThrow(function), type);
    }
  }
}
