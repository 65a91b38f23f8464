package dev.myelin.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prompts whose pages are read from files have the same logits, bit for bit, as computed ones. */
class PromptCacheTest {
  private static final int LENGTH = 200;
  private static final SessionOptions ONE =
      SessionOptions.defaults().withContextLength(256).withThreads(1);
  private static final long LARGE = 1 << 30;

  private static final RandomSample LLAMA =
      new RandomSample("llama", ModelDescription.samples("llama").getFirst());

  @TempDir Path folder;

  static List<RandomSample> samples() {
    return RandomSample.continued();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void knownPromptsHaveTheSameBits(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    PromptCache cache = PromptCache.open(folder.resolve("cache"), LARGE);
    try (Model model = Model.load(file)) {
      assumeFalse(model.info().hasEncoder(), "has an encoder: is not cached");
      int[] tokens = Logits.randomTokens(LENGTH + 30, model.info().vocabulary(), 7);
      int[] begin = Arrays.copyOf(tokens, LENGTH);
      float[] expected;
      try (Session session = Session.open(model, ONE)) {
        assumeTrue(session.batchDependence().isEmpty(), "not batch invariant");
        expected = logits(session, tokens);
      }
      try (Session session = Session.open(model, ONE)) {
        session.usePromptCache(cache);
        logits(session, begin);
        assertThat(session.loadedTokens()).as("of an unknown prompt").isZero();
      }
      try (Session session = Session.open(model, ONE)) {
        session.usePromptCache(PromptCache.open(folder.resolve("cache"), LARGE));
        float[] actual = logits(session, tokens);
        // the state after 200 tokens is kept, of recurrent models the one after the last full page
        int known = model.info().states().recurrent().isEmpty() ? LENGTH : 192;
        assertThat(session.loadedTokens()).as("of a known beginning").isEqualTo(known);
        assertThat(Arrays.equals(actual, expected)).as("%s: bits", sample).isTrue();
      }
      RuntimeOptions many =
          RuntimeOptions.defaults().withContextLength(256).withThreads(1).withSequences(2);
      try (ModelRuntime runtime = ModelRuntime.open(model, many);
          Session session = Session.open(runtime);
          Session second = Session.open(runtime)) {
        session.usePromptCache(cache);
        assertThat(Arrays.equals(logits(session, tokens), expected)).as("%s", sample).isTrue();
        assertThat(session.loadedTokens()).isGreaterThanOrEqualTo(192);
        // the pages that were read are shared in memory
        int used = runtime.usage().pages();
        assertThat(Arrays.equals(logits(second, tokens), expected)).as("%s", sample).isTrue();
        assertThat(runtime.usage().pages()).isLessThanOrEqualTo(used + 1);
      }
    }
  }

  private static float[] logits(Session session, int[] tokens) {
    return session.feed(tokens).toArray(ValueLayout.JAVA_FLOAT);
  }

  private Model llama() {
    return Model.load(LLAMA.write(folder.resolve("m.gguf")));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("cache"))) {
      return all.sorted().toList();
    }
  }

  @Test
  void damagedFilesAreComputedAgain() throws Exception {
    PromptCache cache = PromptCache.open(folder.resolve("cache"), LARGE);
    try (Model model = llama()) {
      int[] tokens = Logits.randomTokens(LENGTH, model.info().vocabulary(), 8);
      float[] expected;
      try (Session session = Session.open(model, ONE)) {
        session.usePromptCache(cache);
        expected = logits(session, tokens);
      }
      List<Path> files = files();
      assertThat(files).hasSize(4);
      for (int damage = 0; damage < 4; damage++) {
        List<Integer> loaded = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
          byte[] whole = Files.readAllBytes(files.get(i));
          byte[] bytes = whole.clone();
          switch (damage) {
            case 0 -> bytes[bytes.length - 1] ^= 1;
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length - 1);
            case 2 -> bytes = new byte[0];
            default -> bytes = Files.readAllBytes(files.get((i + 1) % 4)); // of another page
          }
          Files.write(files.get(i), bytes);
          try (Session session = Session.open(model, ONE)) {
            session.usePromptCache(cache);
            assertThat(Arrays.equals(logits(session, tokens), expected)).isTrue();
            loaded.add(session.loadedTokens());
          }
          assertThat(Files.readAllBytes(files.get(i))).as("written again").isEqualTo(whole);
        }
        // which file has which page depends on the instruction set
        assertThat(loaded)
            .as("pages before the damaged one")
            .containsExactlyInAnyOrder(0, 64, 128, 192);
      }
    }
  }

  @Test
  void otherModelsTypesAndTokensHaveOtherFiles() throws Exception {
    PromptCache cache = PromptCache.open(folder.resolve("cache"), LARGE);
    try (Model model = llama()) {
      int[] tokens = Logits.randomTokens(130, model.info().vocabulary(), 9);
      feed(model, ONE, cache, tokens);
      assertThat(files()).hasSize(3);
      feed(model, ONE.withCacheTypes(CacheType.F32, CacheType.F16), cache, tokens);
      assertThat(files()).hasSize(6);
      tokens[0] ^= 1;
      feed(model, ONE, cache, tokens);
      assertThat(files()).hasSize(9);
    }
    RandomSample other = new RandomSample("llama", LLAMA.sample(), 2);
    try (Model model = Model.load(other.write(folder.resolve("other.gguf")))) {
      feed(model, ONE, cache, Logits.randomTokens(130, model.info().vocabulary(), 9));
      assertThat(files()).hasSize(12);
    }
  }

  /** Prompts that end at, before and after the ends of earlier ones, in all places of a page. */
  @ParameterizedTest
  @MethodSource("windows")
  void continuesWhereAnEarlierPromptEnded(RandomSample sample) {
    try (Model model = Model.load(sample.write(folder.resolve("m.gguf")));
        Session plain = Session.open(model, ONE);
        Session session = Session.open(model, ONE)) {
      assumeTrue(plain.batchDependence().isEmpty(), "not batch invariant");
      session.usePromptCache(PromptCache.open(folder.resolve("cache"), LARGE));
      int[] tokens = Logits.randomTokens(256, model.info().vocabulary(), 12);
      // the length, and how much is known; nothing is written if one token was missing
      int[][] prompts = {
        {130, 0},
        {130, 129},
        {131, 130},
        {150, 130},
        {140, 130},
        {192, 150},
        {192, 191},
        {193, 192},
        {256, 192},
        {255, 192},
        {256, 255}
      };
      for (int[] prompt : prompts) {
        int[] ids = Arrays.copyOf(tokens, prompt[0]);
        session.truncate(0);
        plain.truncate(0);
        float[] actual = logits(session, ids);
        assertThat(session.loadedTokens()).as("of %s", prompt[0]).isEqualTo(prompt[1]);
        assertThat(Arrays.equals(actual, logits(plain, ids))).as("of %s", prompt[0]).isTrue();
      }
    }
  }

  static List<RandomSample> windows() {
    return List.of(
        LLAMA, new RandomSample("gemma2", ModelDescription.samples("gemma2").getFirst()));
  }

  private static void feed(Model model, SessionOptions options, PromptCache cache, int[] tokens) {
    try (Session session = Session.open(model, options)) {
      session.usePromptCache(cache);
      session.feed(tokens);
      assertThat(session.loadedTokens()).isZero();
    }
  }

  @Test
  void deletesWhatWasNotUsedForTheLongestTime() throws Exception {
    try (Model model = llama()) {
      int[] first = Logits.randomTokens(LENGTH, model.info().vocabulary(), 10);
      int[] second = Logits.randomTokens(LENGTH, model.info().vocabulary(), 11);
      feed(model, ONE, PromptCache.open(folder.resolve("cache"), LARGE), first);
      long page = Files.size(files().getFirst());
      Thread.sleep(20); // the times of files are in milliseconds
      PromptCache small = PromptCache.open(folder.resolve("cache"), 6 * page);
      feed(model, ONE, small, second);
      assertThat(files()).hasSize(5);
      try (Session session = Session.open(model, ONE)) {
        session.usePromptCache(small);
        session.feed(second);
        assertThat(session.loadedTokens()).as("the prompt used last").isEqualTo(LENGTH - 1);
        session.truncate(0);
        session.feed(first);
        assertThat(session.loadedTokens()).as("the first page of the other").isEqualTo(64);
      }
    }
  }

  @Test
  void filesAndFolderArePrivate() throws Exception {
    assumeTrue(
        folder.getFileSystem().supportedFileAttributeViews().contains("posix"),
        "a file system without POSIX permissions");
    Path cache = folder.resolve("cache");
    try (Model model = llama()) {
      feed(model, ONE, PromptCache.open(cache, LARGE), new int[70]);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files().getFirst())))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> PromptCache.open(cache, LARGE))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("other users can write to it");
  }

  /** Only root can give a folder away. */
  @Test
  void foldersOfOtherUsersAreRefused() throws Exception {
    assumeTrue(
        folder.getFileSystem().supportedFileAttributeViews().contains("unix"),
        "skipped: files of this system have no owner");
    Path cache = Files.createDirectory(folder.resolve("cache"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    assumeTrue(canGiveAway(cache, 12345), "skipped: this user cannot change the owner of a file");
    assertThatThrownBy(() -> PromptCache.open(cache, LARGE))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining(cache.toString())
        .hasMessageContaining("belongs to another user, 12345");
    Path link = Files.createSymbolicLink(folder.resolve("link"), cache);
    assertThatThrownBy(() -> PromptCache.open(link, LARGE))
        .hasMessageContaining("belongs to another user, 12345");
    Files.setAttribute(cache, "unix:uid", 0);
    PromptCache.open(link, LARGE);
  }

  private static boolean canGiveAway(Path path, int owner) throws IOException {
    try {
      Files.setAttribute(path, "unix:uid", owner);
      return true;
    } catch (FileSystemException e) {
      return false;
    }
  }

  @Test
  void theOptionOfARuntimeIsForAllItsSessions() throws Exception {
    RuntimeOptions options =
        RuntimeOptions.defaults()
            .withContextLength(256)
            .withThreads(1)
            .withKeepsPrefixes(false)
            .withPromptCache(PromptCache.open(folder.resolve("cache"), LARGE));
    try (Model model = llama()) {
      int[] tokens = Logits.randomTokens(LENGTH, model.info().vocabulary(), 13);
      float[] expected;
      try (ModelRuntime runtime = ModelRuntime.open(model, options);
          Session session = Session.open(runtime)) {
        assumeTrue(session.batchDependence().isEmpty(), "not batch invariant");
        expected = logits(session, tokens);
        assertThat(session.loadedTokens()).isZero();
      }
      try (ModelRuntime runtime = ModelRuntime.open(model, options);
          Session first = Session.open(runtime);
          Session second = Session.open(runtime);
          Session third = second.fork()) {
        for (Session session : List.of(first, second, third)) {
          assertThat(Arrays.equals(logits(session, tokens), expected)).isTrue();
          assertThat(session.loadedTokens()).isEqualTo(LENGTH - 1);
        }
      }
    }
  }

  /** Many sessions read, write and delete the same files. */
  @Test
  void manyUseOneFolder() throws Exception {
    try (Model model = llama();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      int[][] prompts = new int[3][];
      List<float[]> expected = new ArrayList<>();
      for (int i = 0; i < prompts.length; i++) {
        prompts[i] = Logits.randomTokens(LENGTH, model.info().vocabulary(), 20 + i);
        try (Session session = Session.open(model, ONE)) {
          assumeTrue(session.batchDependence().isEmpty(), "not batch invariant");
          expected.add(logits(session, prompts[i]));
        }
      }
      PromptCache cache = PromptCache.open(folder.resolve("cache"), LARGE);
      feed(model, ONE, cache, Logits.randomTokens(70, model.info().vocabulary(), 30));
      long page = Files.size(files().getFirst());
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int thread = t;
        all.add(
            threads.submit(
                () -> {
                  // room for one and a half prompts
                  PromptCache own = PromptCache.open(folder.resolve("cache"), 6 * page);
                  for (int i = 0; i < 12; i++) {
                    int n = (thread + i) % prompts.length;
                    try (Session session = Session.open(model, ONE)) {
                      session.usePromptCache(own);
                      float[] actual = logits(session, prompts[n]);
                      assertThat(Arrays.equals(actual, expected.get(n))).isTrue();
                    }
                  }
                }));
      }
      for (Future<?> f : all) {
        f.get();
      }
      assertThat(files()).noneMatch(f -> f.toString().endsWith(".part"));
    }
  }
}
