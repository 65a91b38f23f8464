package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each malformed tokenizer is rejected with a one-line message that names file, key and value. */
class MalformedTokenizerTest {
  private static final String PREFIX = "tokenizer.ggml.";

  private static Map<String, Object> spm() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", "llama");
    values.put("tokens", new String[] {"<unk>", "<s>", "</s>", "<0x41>", "a"});
    values.put("token_type", new int[] {2, 3, 3, 6, 1});
    values.put("scores", new float[] {0, 0, 0, 0, -1});
    return values;
  }

  private static Map<String, Object> bpe() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", "gpt2");
    values.put("pre", "gpt-2");
    values.put("tokens", new String[] {"a", "b", "ab", "<|endoftext|>"});
    values.put("token_type", new int[] {1, 1, 1, 3});
    values.put("merges", new String[] {"a b"});
    return values;
  }

  private static Map<String, Object> wordPiece() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", "bert");
    values.put("tokens", new String[] {"[UNK]", "[CLS]", "[SEP]", "\u2581a", "b", "\u2581ab"});
    values.put("token_type", new int[] {3, 3, 3, 1, 1, 1});
    values.put("bos_token_id", 1);
    values.put("seperator_token_id", 2);
    values.put("unknown_token_id", 0);
    return values;
  }

  private static Map<String, Object> unigram() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", "t5");
    values.put("tokens", new String[] {"<pad>", "</s>", "<unk>", "\u2581a", "<x>", "b", "\u2581"});
    values.put("token_type", new int[] {3, 3, 2, 1, 4, 1, 5});
    values.put("scores", new float[] {0, 0, 0, -1, 0, -2, -3});
    values.put(
        "precompiled_charsmap",
        SmallVocabularies.characterMap(Map.of("A", "a", "\u00e9", "b a", "<<", "", "\t", " ")));
    values.put("add_space_prefix", true);
    return values;
  }

  /** A map whose units begin with these; unit 0 leads to state 256, whose children follow. */
  private static byte[] characterMap(int blocks, String replacements, int... indexesAndUnits) {
    int[] units = new int[256 * blocks];
    units[0] = 256 << 10;
    for (int i = 0; i < indexesAndUnits.length; i += 2) {
      units[indexesAndUnits[i]] = indexesAndUnits[i + 1];
    }
    return SmallVocabularies.characterMap(units, replacements.getBytes(StandardCharsets.UTF_8));
  }

  /** The unit of a child whose state is {@code state}. */
  private static int unit(int index, int state, boolean endsKey) {
    return (index ^ state) << 10 | (endsKey ? 1 << 8 : 0) | index & 0xff;
  }

  static Stream<Arguments> malformedCharacterMaps() {
    int a = 256 + 'a';
    String longText = "x".repeat(1025) + "\0";
    return Stream.of(
        arguments("empty", new byte[0], "[0 x u8]: expected 5 to"),
        arguments("no replacements", new byte[] {0, 0, 0, 0}, "[4 x u8]: expected 5 to"),
        arguments("not bytes", new int[] {1, 2, 3, 4, 5, 6}, "expected an array of u8 or i8"),
        arguments("a string", "abcdefg", "expected an array"),
        arguments("trie cut", new byte[] {8, 0, 0, 0, 1, 2, 3, 4, 5}, "the trie has 8 bytes"),
        arguments("trie of 4 GiB", new byte[] {-4, -1, -1, -1, 1, 2}, "the trie has 4294967292"),
        arguments("half a unit", new byte[] {2, 0, 0, 0, 1, 2, 0}, "the trie has 2 bytes"),
        arguments("no block", new byte[] {4, 0, 0, 0, 1, 2, 3, 4, 5}, "states within 1 units"),
        arguments("root outside", characterMap(1, "\0"), "that of unit 0 is 256"),
        arguments(
            "state outside", characterMap(2, "\0", a, unit(a, 512, false)), "unit 353 is 512"),
        arguments(
            "far outside", characterMap(2, "\0", a, 0x7fff_fe00 | 'a'), "unit 353 is 536870497"),
        arguments(
            "replacement outside",
            characterMap(3, "b\0", a, unit(a, 512, true), 512, 1 << 31 | 2),
            "within 2 bytes, that of unit 353 begins at 2"),
        arguments(
            "replacement far outside",
            characterMap(3, "b\0", a, unit(a, 512, true), 512, -1),
            "begins at 2147483647"),
        arguments(
            "replacement without end",
            characterMap(3, "b\0b", a, unit(a, 512, true), 512, 1 << 31 | 2),
            "begins at 2"),
        arguments(
            "long replacement",
            characterMap(3, longText, a, unit(a, 512, true), 512, 1 << 31),
            "at most 1024 bytes"),
        arguments("root again", characterMap(2, "\0", a, unit(a, 256, false)), "a cycle"),
        arguments(
            "cycle",
            characterMap(
                4,
                "\0",
                a,
                unit(a, 512, false),
                512 + 'a',
                unit(512 + 'a', 768, false),
                768 + 'a',
                unit(768 + 'a', 512, false)),
            "a cycle"),
        arguments("long key", longKey(), "keys of at most 1024 bytes"));
  }

  private static byte[] longKey() {
    int[] indexesAndUnits = new int[2 * 1025];
    for (int i = 0; i < 1025; i++) {
      int index = 256 * (i + 1) + 'a';
      indexesAndUnits[2 * i] = index;
      indexesAndUnits[2 * i + 1] = unit(index, 256 * (i + 2), false);
    }
    return characterMap(1027, "\0", indexesAndUnits);
  }

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("malformedCharacterMaps")
  void rejectsMalformedCharacterMap(String what, Object map, String expected) {
    Map<String, Object> values = unigram();
    values.put("precompiled_charsmap", map);
    try (GgufFile file = open(values)) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(ModelFileException.class)
          .message()
          .startsWith("small.gguf: key tokenizer.ggml.precompiled_charsmap = ")
          .doesNotContain("\n")
          .contains(expected);
    }
  }

  /** Maps with random changes: rejected, or any text is normalized without an exception. */
  @Test
  void survivesRandomCharacterMaps() {
    byte[] valid = (byte[]) unigram().get("precompiled_charsmap");
    Vocabulary vocabulary;
    try (GgufFile file = open(unigram())) {
      vocabulary = Tokenizer.of(file).vocabulary();
    }
    Random random = new Random(22);
    int accepted = 0;
    int rejected = 0;
    for (int round = 0; round < 6000; round++) {
      byte[] bytes = changed(valid, random);
      GgufWriter writer = new GgufWriter().put(CharacterMap.KEY, bytes);
      try (GgufFile file = SmallVocabularies.open(writer)) {
        CharacterMap map = CharacterMap.of(file);
        UnigramNormalizer normalizer =
            new UnigramNormalizer(vocabulary, map, new UnigramNormalizer.Spaces(true, false));
        byte[] text = new byte[400];
        random.nextBytes(text);
        byte[] first = "aA b\u00e9<<<x>\t".getBytes(StandardCharsets.UTF_8);
        System.arraycopy(first, 0, text, 0, first.length);
        assertThat(normalizer.normalize(text, 0, text.length, false)).isNotEmpty();
        accepted++;
      } catch (ModelFileException e) {
        assertThat(e.getMessage())
            .startsWith("small.gguf: key tokenizer.ggml.precompiled_charsmap = ");
        rejected++;
      }
    }
    assertThat(accepted).isGreaterThan(500);
    assertThat(rejected).isGreaterThan(500);
  }

  /** A map that is cut, or some of whose units are changed, most of them in use. */
  private static byte[] changed(byte[] valid, Random random) {
    if (random.nextInt(5) == 0) {
      return Arrays.copyOf(valid, random.nextInt(valid.length + 1));
    }
    ByteBuffer bytes = ByteBuffer.wrap(valid.clone()).order(ByteOrder.LITTLE_ENDIAN);
    for (int n = random.nextInt(4); n >= 0; n--) {
      int at = 4 * random.nextInt(valid.length / 4);
      for (int tries = random.nextInt(3000); tries > 0 && bytes.getInt(at) == 0; tries--) {
        at = 4 * random.nextInt(valid.length / 4);
      }
      int unit = bytes.getInt(at);
      bytes.putInt(
          at,
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> unit ^ 1 << random.nextInt(32);
            case 2 -> unit & 0x3ff | random.nextInt(2048) << 10;
            default -> unit & ~0xff | at / 4 - 1 & 0xff;
          });
    }
    return bytes.array();
  }

  private static GgufFile open(Map<String, Object> values) {
    GgufWriter writer = new GgufWriter();
    for (Map.Entry<String, Object> value : values.entrySet()) {
      writer.put(PREFIX + value.getKey(), value.getValue());
    }
    return SmallVocabularies.open(writer);
  }

  private static Arguments malformedCase(
      Map<String, Object> base, String key, Object value, String... expected) {
    if (value == null) {
      base.remove(key);
    } else {
      base.put(key, value);
    }
    return arguments(key, base, expected);
  }

  static Stream<Arguments> malformed() {
    float nan = Float.NaN;
    return Stream.of(
        malformedCase(spm(), "model", null, "tokenizer.ggml.model", "missing"),
        malformedCase(spm(), "model", 7, "tokenizer.ggml.model", "7", "string"),
        malformedCase(spm(), "model", "wordpiece", "\"wordpiece\"", "llama, gpt2"),
        malformedCase(spm(), "model", "rwkv", "\"rwkv\"", "llama, gpt2"),
        malformedCase(spm(), "model", "Llama", "\"Llama\"", "llama, gpt2"),
        malformedCase(spm(), "model", "no_vocab", "general.architecture is missing"),
        malformedCase(spm(), "tokens", null, "tokenizer.ggml.tokens", "missing"),
        malformedCase(
            spm(), "tokens", new String[0], "tokenizer.ggml.tokens", "at least one token"),
        malformedCase(
            spm(), "tokens", new int[] {1, 2}, "tokenizer.ggml.tokens", "array of strings"),
        malformedCase(spm(), "tokens", "a b c", "tokenizer.ggml.tokens", "array"),
        malformedCase(
            spm(), "tokens", new String[] {"x", "y", "z", "<0x41>"}, "token_type", "4 elements"),
        malformedCase(
            spm(), "tokens", new String[] {"x", "y", "z", "<0x4>", "w"}, "token 3", "<0x4>"),
        malformedCase(
            spm(), "tokens", new String[] {"x", "y", "z", "<0xGG>", "w"}, "token 3", "<0xGG>"),
        malformedCase(
            spm(), "tokens", new String[] {"x", "y", "z", "", "w"}, "token 3", "[EMPTY_3]"),
        malformedCase(spm(), "token_type", new int[] {1, 2}, "token_type", "5 elements"),
        malformedCase(spm(), "token_type", new int[6], "token_type", "5 elements"),
        malformedCase(spm(), "token_type", new float[5], "token_type", "integers"),
        malformedCase(spm(), "token_type", 3, "token_type", "array"),
        malformedCase(spm(), "scores", new float[] {1, 2}, "scores", "5 elements"),
        malformedCase(spm(), "scores", new float[9], "scores", "5 elements"),
        malformedCase(spm(), "scores", new float[] {0, 0, nan, 0, 0}, "scores", "element 2"),
        malformedCase(spm(), "scores", new boolean[5], "scores", "f32"),
        malformedCase(spm(), "bos_token_id", "1", "bos_token_id", "integer"),
        malformedCase(spm(), "suppress_tokens", 3, "suppress_tokens", "array"),
        malformedCase(spm(), "suppress_tokens", new float[] {1}, "suppress_tokens", "token ids"),
        malformedCase(spm(), "suppress_tokens", new String[] {"a"}, "suppress_tokens", "token ids"),
        malformedCase(spm(), "add_bos_token", 1, "add_bos_token", "true or false"),
        malformedCase(spm(), "add_eos_token", "yes", "add_eos_token", "true or false"),
        malformedCase(spm(), "add_space_prefix", 1f, "add_space_prefix", "true or false"),
        malformedCase(
            bpe(), "pre", "llama-9", "tokenizer.ggml.pre", "\"llama-9\"", "default, llama-bpe"),
        malformedCase(bpe(), "pre", "gemma4", "\"gemma4\"", "pre-tokenizer"),
        malformedCase(bpe(), "pre", new int[] {1}, "tokenizer.ggml.pre", "string"),
        malformedCase(bpe(), "merges", null, "tokenizer.ggml.merges", "missing"),
        malformedCase(bpe(), "merges", "a b", "tokenizer.ggml.merges", "array"),
        malformedCase(bpe(), "merges", new int[] {1}, "tokenizer.ggml.merges", "array of strings"),
        malformedCase(
            bpe(), "merges", new String[] {"a b", "ab"}, "merges", "element 1 = \"ab\"", "two"),
        malformedCase(bpe(), "merges", new String[] {""}, "merges", "element 0", "two"),
        malformedCase(bpe(), "merges", new String[] {" a"}, "merges", "element 0", "two"),
        malformedCase(bpe(), "merges", new String[] {"a "}, "merges", "element 0", "two"),
        malformedCase(bpe(), "merges", new String[] {" "}, "merges", "element 0", "two"),
        malformedCase(bpe(), "add_bos_token", true, "bos_token_id is missing"),
        malformedCase(bpe(), "add_eos_token", true, "eos_token_id is missing"),
        malformedCase(bpe(), "scores", new float[3], "scores", "4 elements"),
        malformedCase(wordPiece(), "scores", new float[3], "scores", "6 elements"),
        malformedCase(wordPiece(), "bos_token_id", null, "bos_token_id is missing"),
        malformedCase(wordPiece(), "bos_token_id", 6, "bos_token_id = u32 6"),
        malformedCase(wordPiece(), "seperator_token_id", null, "seperator_token_id is missing"),
        malformedCase(wordPiece(), "unknown_token_id", null, "unknown_token_id is missing"),
        malformedCase(wordPiece(), "normalizer.lowercase", 1, "lowercase", "true or false"),
        malformedCase(wordPiece(), "normalizer.strip_accents", "x", "accents", "true or false"),
        malformedCase(unigram(), "scores", new float[3], "scores", "7 elements"),
        malformedCase(
            unigram(), "scores", new float[] {0, 0, 0, 0, nan, 0, 0}, "scores", "element 4"),
        malformedCase(unigram(), "tokens", new String[] {"a", "b", "c", "d"}, "token_type", "4"),
        malformedCase(unigram(), "remove_extra_whitespaces", 1, "whitespaces", "true or false"),
        malformedCase(unigram(), "add_eos_token", 1, "add_eos_token", "true or false"));
  }

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("malformed")
  void rejectsMalformedFile(String key, Map<String, Object> values, String[] expected) {
    try (GgufFile file = open(values)) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(ModelFileException.class)
          .message()
          .startsWith("small.gguf: ")
          .doesNotContain("\n")
          .contains(expected);
    }
  }

  @Test
  void rejectsDuplicateTokens() {
    Map<String, Object> values = bpe();
    values.put("tokens", new String[] {"a", "b", "a", "<|endoftext|>"});
    try (GgufFile file = open(values)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      assertThat(tokenizer.decode(new int[] {0, 2}, false)).isEqualTo("aa");
      assertThatThrownBy(() -> tokenizer.encode("x", false, false))
          .isInstanceOf(ModelFileException.class)
          .hasMessage(
              "small.gguf: key tokenizer.ggml.tokens: \"a\": expected once, it is token 0 and token"
                  + " 2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "t5"})
  void rejectsDuplicateTokensOfTries(String kind) {
    Map<String, Object> values = kind.equals("bert") ? wordPiece() : unigram();
    String[] tokens = (String[]) values.get("tokens");
    tokens[5] = tokens[3];
    try (GgufFile file = open(values)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      assertThatThrownBy(() -> tokenizer.encode("x", false, false))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("key tokenizer.ggml.tokens: \"\u2581a\": expected once")
          .hasMessageContaining("token 3 and token 5");
    }
  }

  /** Scores that are infinite: no path to some positions, and no exception. */
  @Test
  void acceptsInfiniteScores() {
    float inf = Float.POSITIVE_INFINITY;
    for (float score : new float[] {inf, -inf, Float.MAX_VALUE, -Float.MAX_VALUE}) {
      Map<String, Object> values = unigram();
      values.put("scores", new float[] {0, 0, 0, score, 0, -score, score});
      try (GgufFile file = open(values)) {
        assertThat(Tokenizer.of(file).encode("ab aa bb xy", false, false)).isNotEmpty();
      }
    }
  }

  @Test
  void rejectsUnknownPreTokenizerAsUnsupported() {
    Map<String, Object> values = bpe();
    values.put("pre", "\u001b[31m");
    try (GgufFile file = open(values)) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining("\\u001b[31m");
    }
  }

  @Test
  void acceptsHarmlessDefects() {
    Map<String, Object> values = spm();
    values.put("padding_token_id", 4_000_000_000L);
    values.put("token_type", new int[] {2, 3, 3, 6, 99});
    values.put("tokens", new String[] {"<unk>", "<s>", "</s>", "<0x41>", ""});
    try (GgufFile file = open(values)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      assertThat(tokenizer.vocabulary().padding()).isEmpty();
      assertThat(tokenizer.vocabulary().text(4)).isEqualTo("[EMPTY_4]");
      assertThat(tokenizer.piece(4, true)).isEmpty();
      // a byte without a token becomes the unknown token
      assertThat(tokenizer.encode("AB", false, false)).endsWith(3, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bos", "eos", "eot", "eom", "unknown", "fim_pad", "fim_pre", "prefix", "middle"})
  void ignoresOutOfRangeIdsWithANote(String role) {
    String key = role + "_token_id";
    for (Object id : new Object[] {5, 0xffff_ffffL, 1L << 40}) {
      Map<String, Object> values = spm();
      values.put(key, id);
      try (GgufFile file = open(values)) {
        Vocabulary vocabulary = Tokenizer.of(file).vocabulary();
        assertThat(vocabulary.bos()).hasValue(1);
        assertThat(vocabulary.eos()).hasValue(2);
        assertThat(vocabulary.unknown()).hasValue(0);
        assertThat(vocabulary.endOfGeneration()).containsExactly(2);
        assertThat(vocabulary.notes())
            .containsExactly(
                "key tokenizer.ggml.%s = %s is not a token, expected 0 to 4: ignored"
                    .formatted(key, id));
      }
    }
  }

  @Test
  void rejectsOutOfRangeBosThatMustBeAdded() {
    Map<String, Object> values = bpe();
    values.put("bos_token_id", 40);
    values.put("add_bos_token", true);
    try (GgufFile file = open(values)) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("bos_token_id = u32 40: expected the token to add");
    }
  }

  @Test
  void ignoresOutOfRangeSuppressedTokens() {
    Map<String, Object> values = spm();
    values.put("suppress_tokens", new int[] {4, -1, 2, 5, 4});
    try (GgufFile file = open(values)) {
      Vocabulary vocabulary = Tokenizer.of(file).vocabulary();
      assertThat(vocabulary.suppressedTokens()).containsExactly(2, 4);
      assertThat(vocabulary.notes())
          .containsExactly(
              "key tokenizer.ggml.suppress_tokens: 2 of its 5 ids are not tokens,"
                  + " expected 0 to 4: ignored");
    }
  }

  @Test
  void ignoresOutOfRangeDefaults() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("model", "llama");
    values.put("tokens", new String[] {"a"});
    values.put("add_bos_token", false);
    try (GgufFile file = open(values)) {
      Vocabulary vocabulary = Tokenizer.of(file).vocabulary();
      assertThat(vocabulary.bos()).isEmpty();
      assertThat(vocabulary.eos()).isEmpty();
      assertThat(vocabulary.unknown()).hasValue(0);
    }
    values.remove("add_bos_token");
    try (GgufFile file = open(values)) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("bos_token_id is missing");
    }
  }

  @Test
  void readsTokensThatAreNotUtf8() {
    GgufWriter writer =
        new GgufWriter()
            .put(PREFIX + "model", "llama")
            .putArray(
                PREFIX + "tokens",
                GgufValueType.STRING,
                new String[] {"<unk>", "<s>", "</s>", "\u00e9", "\u0120"});
    byte[] bytes = writer.toBytes().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i + 1 < bytes.length; i++) {
      if (bytes[i] == (byte) 0xc3 && bytes[i + 1] == (byte) 0xa9) {
        bytes[i + 1] = (byte) 0xc3;
      }
    }
    try (GgufFile file = GgufFile.of(Path.of("small.gguf"), MemorySegment.ofArray(bytes))) {
      Tokenizer tokenizer = Tokenizer.of(file);
      assertThat(tokenizer.piece(3, false)).containsExactly(0xc3, 0xc3);
      assertThat(tokenizer.vocabulary().text(3)).isEqualTo("\ufffd\ufffd");
      assertThat(tokenizer.decode(new int[] {3, 4}, false)).isEqualTo("\ufffd\ufffd\u0120");
    }
  }

  /** Files with random changes: a working tokenizer or a {@link MyelinException}. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "bert", "t5"})
  void survivesRandomChanges(String kind) {
    Map<String, Object> values =
        switch (kind) {
          case "llama" -> spm();
          case "gpt2" -> bpe();
          case "bert" -> wordPiece();
          default -> unigram();
        };
    values.remove("precompiled_charsmap"); // see survivesRandomCharacterMaps
    values.put("bos_token_id", 1);
    values.put("eot_token_id", 2);
    values.put("add_bos_token", true);
    values.put("suppress_tokens", new int[] {1, 3});
    GgufWriter writer = new GgufWriter();
    values.forEach((key, value) -> writer.put(PREFIX + key, value));
    byte[] valid = writer.toBytes().toArray(ValueLayout.JAVA_BYTE);
    Random random = new Random(21);
    int accepted = 0;
    int rejected = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = valid.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = 24 + random.nextInt(bytes.length - 24);
        bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] + 1);
      }
      try (GgufFile file = GgufFile.of(Path.of("small.gguf"), MemorySegment.ofArray(bytes))) {
        Tokenizer tokenizer = Tokenizer.of(file);
        int[] ids = tokenizer.encode("<s>ab a \u00e9<|endoftext|>", true, true);
        tokenizer.decode(ids, true);
        for (int id = 0; id < tokenizer.vocabulary().size(); id++) {
          tokenizer.piece(id, false);
        }
        for (int id : tokenizer.vocabulary().suppressedTokens()) {
          tokenizer.vocabulary().text(id);
        }
        accepted++;
      } catch (MyelinException e) {
        assertThat(e.getMessage()).startsWith("small.gguf: ").doesNotContain("\n");
        rejected++;
      }
    }
    assertThat(accepted).isGreaterThan(1000);
    assertThat(rejected).isGreaterThan(1000);
  }
}
