package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Paths that can be opened, and use after close. */
class OpenFileTest {
  @TempDir Path folder;

  private Path sample() {
    Path file = folder.resolve("m.gguf");
    String[] words = new String[5000];
    java.util.Arrays.setAll(words, i -> "word" + i);
    new GgufWriter()
        .put("text", "some text")
        .put("number", 7)
        .put("words", words)
        .put("floats", new float[] {1, 2})
        .tensor("t", GgmlType.I8, new long[] {64}, MemorySegment.ofArray(new byte[64]))
        .write(file);
    return file;
  }

  private static void assertRejected(Path file, String... messageParts) {
    assertThatThrownBy(() -> GgufFile.open(file).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContainingAll(messageParts);
  }

  @Test
  void rejectsPathsWithoutFile() throws Exception {
    assertRejected(folder, "this is a folder", "expected a GGUF file");
    assertRejected(folder.resolve("none.gguf"), "no such file");
    assertRejected(Files.createFile(folder.resolve("empty.gguf")), "the file is empty");
    assertRejected(Path.of(""), "this is a folder");
    assertRejected(
        Files.createSymbolicLink(folder.resolve("link"), Path.of("gone")), "no such file");
  }

  @Test
  @Timeout(20)
  void rejectsPipeWithoutHanging() throws Exception {
    Path pipe = folder.resolve("pipe");
    boolean made;
    try {
      made = new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor(5, TimeUnit.SECONDS);
    } catch (java.io.IOException e) {
      made = false;
    }
    assumeTrue(made && Files.exists(pipe), "skipped: no mkfifo here to make a pipe with");
    assertRejected(pipe, "device or pipe");
  }

  @Test
  void rejectsUnreadableFile() throws Exception {
    Path file = sample();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeTrue(!Files.isReadable(file), "skipped: this user reads files without permission");
    assertRejected(file, "no permission to read it");
  }

  @Test
  void opensSymbolicLink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), sample());
    try (GgufFile file = GgufFile.open(link)) {
      assertThat(file.metadata().string("text")).isEqualTo("some text");
    }
  }

  @Test
  void rejectsUseAfterClose() {
    GgufFile file = GgufFile.open(sample());
    Metadata metadata = file.metadata();
    GgufArray words = metadata.array("words");
    GgufArray floats = metadata.array("floats");
    GgufValue text = metadata.value("text");
    TensorInfo tensor = file.tensor("t").orElseThrow();
    MemorySegment data = file.data(tensor);
    MemorySegment word = words.bytes(0);
    assertThat(file.isOpen()).isTrue();
    file.close();
    file.close();
    assertThat(file.isOpen()).isFalse();
    assertThat(file.version()).isEqualTo(3);
    List<ThrowingCallable> uses =
        List.of(
            file::metadata,
            file::tensors,
            file::parts,
            () -> file.tensor("t"),
            () -> file.data(tensor),
            () -> metadata.value("number"),
            () -> metadata.u32("number"),
            () -> metadata.string("text"),
            () -> metadata.error("number", "expected 8"),
            () -> words.string(1),
            () -> words.bytes(1),
            () -> floats.f32(1),
            floats::toFloats,
            text::describe,
            text::toJava);
    for (ThrowingCallable use : uses) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalUseException.class)
          .hasMessageEndingWith("m.gguf: used after it was closed");
    }
    assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> word.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void rejectsFreedMemory() {
    GgufFile file;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = new GgufWriter().put("text", "some text").toBytes();
      file = GgufFile.of(Path.of("m"), arena.allocate(bytes.byteSize()).copyFrom(bytes));
      assertThat(file.metadata().string("text")).isEqualTo("some text");
    }
    assertThatThrownBy(() -> file.metadata().string("text"))
        .isInstanceOf(IllegalUseException.class);
  }

  @Test
  void rejectsTensorOfAnotherFile() {
    try (GgufFile file = GgufFile.open(sample())) {
      TensorInfo tensor = file.tensor("t").orElseThrow();
      TensorInfo moved =
          new TensorInfo("t", tensor.type(), tensor.shape(), 0, tensor.offset() + 1, 64);
      assertThatThrownBy(() -> file.data(moved)).isInstanceOf(InvalidRequestException.class);
      TensorInfo other = new TensorInfo("x", tensor.type(), tensor.shape(), 9, 0, 64);
      assertThatThrownBy(() -> file.data(other)).isInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  @Timeout(60)
  void closeStopsReadersCleanly() throws Exception {
    Path path = sample();
    for (int round = 0; round < 20; round++) {
      GgufFile file = GgufFile.open(path);
      GgufArray words = file.metadata().array("words");
      AtomicReference<Throwable> unexpected = new AtomicReference<>();
      CountDownLatch reading = new CountDownLatch(3);
      List<Thread> readers = new ArrayList<>();
      for (int r = 0; r < 3; r++) {
        readers.add(
            Thread.ofPlatform().start(() -> readUntilClosed(file, words, reading, unexpected)));
      }
      reading.await();
      file.close();
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(unexpected.get()).isNull();
    }
  }

  private static void readUntilClosed(
      GgufFile file,
      GgufArray words,
      CountDownLatch reading,
      AtomicReference<Throwable> unexpected) {
    try {
      for (int i = 0; ; i = (i + 1) % words.size()) {
        if (!words.string(i).equals("word" + i) || !file.metadata().has("text")) {
          throw new AssertionError("word " + i);
        }
        reading.countDown();
      }
    } catch (IllegalUseException closed) {
      // expected
    } catch (Throwable t) {
      unexpected.compareAndSet(null, t);
    } finally {
      reading.countDown();
    }
  }
}
