package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.myelin.bench.BenchPeer;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchSpec;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.inspect.Inspection;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models loaded from bytes in memory: the same results and errors as from a file. */
class MemoryModelTest {
  private static final String NAME = "the bundled checkpoint";
  private static final int[] TOKENS = {1, 300, 17, 5, 260, 299, 11};
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(64).withThreads(1).withCacheType(CacheType.F32);

  @TempDir static Path folder;
  private static Path file;
  private static byte[] bytes;

  @BeforeAll
  static void writeModel() throws Exception {
    file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    bytes = Files.readAllBytes(file);
  }

  private static Checkpoint memory(byte[] from) {
    return Checkpoint.of(NAME, MemorySegment.ofArray(from));
  }

  private static Model load(byte[] from) {
    return Model.load(memory(from));
  }

  private static float[] logits(Model model) {
    try (Session session = Session.open(model, OPTIONS)) {
      return session.feed(TOKENS).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void matchesModelFromFile() {
    float[] expected;
    try (Model model = Model.load(file)) {
      expected = logits(model);
    }
    try (Model model = load(bytes)) {
      assertThat(logits(model)).isEqualTo(expected);
      assertThat(model.file().path()).hasToString(NAME);
    }
  }

  /** The bytes may have any alignment, and may change after loading. */
  @Test
  void copiesBytes() {
    Model odd;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment given = arena.allocate(bytes.length + 1).asSlice(1).copyFrom(segment());
      odd = Model.load(Checkpoint.of(NAME, given));
      given.fill((byte) -1);
    }
    try (odd;
        Model model = load(bytes)) {
      assertThat(logits(odd)).isEqualTo(logits(model));
    }
  }

  private static MemorySegment segment() {
    return MemorySegment.ofArray(bytes);
  }

  @Test
  void sessionsShareModel() throws Exception {
    try (Model model = load(bytes);
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      float[] expected = logits(model);
      List<Future<float[]>> results =
          IntStream.range(0, 8).mapToObj(_ -> pool.submit(() -> logits(model))).toList();
      for (Future<float[]> result : results) {
        assertThat(result.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void closeFreesMemoryAfterLastSession() {
    Model model = load(bytes);
    GgufFile open = model.file();
    Session session = Session.open(model, OPTIONS);
    session.feed(TOKENS);
    model.close();
    model.close();
    assertThatThrownBy(model::file)
        .isInstanceOf(IllegalUseException.class)
        .hasMessage("model " + NAME + " is closed");
    assertThatThrownBy(() -> Session.open(model, OPTIONS)).isInstanceOf(IllegalUseException.class);
    assertThat(open.isOpen()).isTrue();
    assertThatThrownBy(() -> session.feed(TOKENS)).isInstanceOf(IllegalUseException.class);
    session.close();
    assertThat(open.isOpen()).isFalse();
    assertThatThrownBy(open::parts)
        .isInstanceOf(IllegalUseException.class)
        .hasMessage(NAME + ": used after it was closed");
  }

  @Test
  void rejectsEmptyAndNonGgufBytes() {
    assertThatThrownBy(() -> load(new byte[0]))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(NAME + ": the file is empty");
    assertThatThrownBy(() -> load("no checkpoint at all".getBytes()))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(NAME + ": magic \"no c\"");
  }

  /** Truncated bytes are rejected; a damaged header is rejected or still loads. */
  @Test
  void damagedBytesNeverCrash() {
    Random random = new Random(1);
    for (int i = 0; i < 60; i++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      assertThatThrownBy(() -> load(cut))
          .isInstanceOf(ModelFileException.class)
          .hasMessageStartingWith(NAME + ": ");
    }
    for (int i = 0; i < 60; i++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(4096)] ^= (byte) (1 + random.nextInt(255));
      Throwable thrown = catchThrowable(() -> load(damaged).close());
      if (thrown != null) {
        assertThat(thrown)
            .isInstanceOf(dev.myelin.error.MyelinException.class)
            .hasMessageContaining(NAME);
      }
    }
  }

  @Test
  void rejectsPartOfSplitModel() throws Exception {
    List<Path> parts = RandomModel.small("llama").writer().writeSplit(folder.resolve("m"), 2);
    byte[] first = Files.readAllBytes(parts.getFirst());
    assertThatThrownBy(() -> load(first))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(NAME + ": one part of 2: expected a whole checkpoint in memory");
  }

  @Test
  void inspectsHeader() {
    Inspection expected = Inspection.of(file);
    Inspection inspection = Inspection.of(memory(bytes));
    assertThat(inspection.path()).hasToString(NAME);
    assertThat(inspection.fileBytes()).isEqualTo(expected.fileBytes());
    assertThat(inspection.tensors()).isEqualTo(expected.tensors());
    assertThat(Inspection.of(memory(bytesOf(new GgufWriter().put("a", "b")))).tensors()).isEmpty();
  }

  private static byte[] bytesOf(GgufWriter writer) {
    return writer.toBytes().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void benchPeersRequireFile() {
    List<BenchSpec> tests = List.of(new BenchSpec(8, 0, 0));
    BenchPlan alone =
        new BenchPlan(memory(bytes), List.of(), tests, OPTIONS, 1, List.of(), null, false);
    assertThat(alone.model().file()).isEmpty();
    BenchPeer peer =
        new BenchPeer.InProcess(
            "llama.cpp",
            (_, _, _) -> {
              throw new AssertionError();
            });
    assertThatThrownBy(
            () ->
                new BenchPlan(
                    memory(bytes), List.of(), tests, OPTIONS, 1, List.of(peer), null, false))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "peer llama.cpp: reads files only, expected another model than the bundled checkpoint");
  }
}
