package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Generated vocabularies, independent of external data. */
final class SmallVocabularies {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  private static final String[] SPECIAL = {
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<mask>", "<|end|>", "<|user|>"
  };
  private static final String[] USER = {"<x>", "  ", "    ", "<xy>", "[abc]"};

  private SmallVocabularies() {}

  /**
   * A byte-level vocabulary with random merges in random order: if two pre-tokenizers split
   * differently, the tokens differ.
   *
   * @param pre name of the pre-tokenizer, or null for none
   * @param allMerges whether each merge has a token; without it, text is lost
   */
  static GgufWriter bpe(String pre, boolean allMerges) {
    Random random = new Random(42);
    List<String> letters = new ArrayList<>();
    byte[] one = new byte[1];
    byte[] written = new byte[2];
    for (int b = 0; b < 256; b++) {
      one[0] = (byte) b;
      int size = ByteAlphabet.encode(one, 0, 1, written);
      letters.add(new String(written, 0, size, StandardCharsets.UTF_8));
    }
    List<String> merges = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      for (int j = 0; j < 256; j++) {
        if (random.nextInt(i < 128 && j < 128 ? 3 : 12) == 0) {
          merges.add(letters.get(i) + " " + letters.get(j));
        }
      }
    }
    Collections.shuffle(merges, random);
    int pairs = merges.size();
    for (int i = 0; i < 2000; i++) {
      String left = merges.get(random.nextInt(pairs)).replace(" ", "");
      String right = merges.get(random.nextInt(pairs)).replace(" ", "");
      merges.add(left + " " + (i % 2 == 0 ? right : letters.get(random.nextInt(256))));
    }
    Set<String> tokens = new LinkedHashSet<>(letters);
    for (int i = 0; i < merges.size(); i++) {
      if (allMerges || i % 50 != 0) {
        tokens.add(merges.get(i).replace(" ", ""));
      }
    }
    // tokens that no merges lead to
    tokens.addAll(List.of("hello", "\u0120world", "\u0120\u0120\u0120", "1234"));
    GgufWriter writer = tokens("gpt2", new ArrayList<>(tokens), "<unk>");
    if (pre != null) {
      writer.put("tokenizer.ggml.pre", pre);
    }
    return writer.put("tokenizer.ggml.merges", merges.toArray(String[]::new));
  }

  /** An SPM vocabulary with a token for each byte and for common pieces of English. */
  static GgufWriter spm() {
    Random random = new Random(43);
    Set<String> pieces = new LinkedHashSet<>();
    String[] letters =
        "\u2581 e t a o i n s h r d l u c m w f g y p b v k . , ' ! 1 2 3".split(" ");
    pieces.addAll(List.of(letters));
    List<String> known = new ArrayList<>(pieces);
    while (pieces.size() < 1500) {
      String joined =
          known.get(random.nextInt(known.size())) + known.get(random.nextInt(known.size()));
      if (joined.codePointCount(0, joined.length()) <= 8 && pieces.add(joined)) {
        known.add(joined);
      }
    }
    pieces.addAll(
        List.of("\u2581\u2581", "\u2581\u2581\u2581\u2581", "\u00e9", "\ud83d\ude00", "\n\n"));
    return tokens("llama", new ArrayList<>(pieces), "<unk>");
  }

  /** A WordPiece vocabulary: characters of several scripts and random words of them. */
  static GgufWriter wordPiece() {
    Set<String> pieces = new LinkedHashSet<>();
    for (String word : randomWords(new Random(45), 1500)) {
      pieces.add("\u2581" + word);
      pieces.add(word);
    }
    pieces.removeIf(piece -> piece.hashCode() % 5 == 0); // so that some words have no tokens
    return tokens("bert", new ArrayList<>(pieces), "[UNK]")
        .put("tokenizer.ggml.bos_token_id", 1)
        .put("tokenizer.ggml.seperator_token_id", 2)
        .put("tokenizer.ggml.unknown_token_id", 0);
  }

  /** A unigram vocabulary with many equal scores. */
  static GgufWriter unigram() {
    Set<String> pieces = new LinkedHashSet<>(randomWords(new Random(46), 1500));
    for (String word : randomWords(new Random(47), 300)) {
      pieces.add("\u2581" + word);
    }
    pieces.addAll(List.of("\u2581", "\u2581\u2581", "\u2581\u2581\u2581", "a\u2581b", "\n"));
    return tokens("t5", new ArrayList<>(pieces), "<unk>")
        .put("tokenizer.ggml.eos_token_id", 2)
        .put("tokenizer.ggml.unknown_token_id", 0);
  }

  /** A vocabulary of BPE on text with escaped spaces. */
  static GgufWriter escapedBpe() {
    Random random = new Random(48);
    List<String> pieces =
        new ArrayList<>(List.of("\u2581", "\n", "\n\n", "a", "b", "\u4e2d", "\u00e9"));
    Set<String> merges = new LinkedHashSet<>();
    while (merges.size() < 500) {
      String left = pieces.get(random.nextInt(pieces.size()));
      String right = pieces.get(random.nextInt(pieces.size()));
      boolean lines = (left + right).contains("\n");
      if (!lines && left.length() + right.length() <= 12 && merges.add(left + " " + right)) {
        pieces.add(left + right);
      }
    }
    return tokens("gemma4", new ArrayList<>(new LinkedHashSet<>(pieces)), "<unk>")
        .put("tokenizer.ggml.bos_token_id", 1)
        .put("tokenizer.ggml.add_bos_token", false)
        .put("tokenizer.ggml.merges", merges.toArray(String[]::new));
  }

  private static List<String> randomWords(Random random, int count) {
    String[] letters =
        ("e t a o i n s h r d l u A E T 1 2 3 7 . , ! ' < > [ ] | _ \u00e9 e\u0301 \u0301 \u00df"
                + " \u0131 \u0436 \u0418 \u0439 \u03b1 \u03c2 \u05d0 \u0627 \u0928 \u0e01 \u1112"
                + " \u1161 \ud55c \u4e2d \u6587 \u3042 \u30ac \uff71 \u3002 \u2603 \u2026 \u20ac"
                + " \ud83d\ude00 \ud835\udc00 \ud842\udfb7")
            .split(" ");
    Set<String> words = new LinkedHashSet<>(List.of(letters));
    List<String> known = new ArrayList<>(words);
    while (words.size() < count) {
      String joined =
          known.get(random.nextInt(known.size())) + known.get(random.nextInt(letters.length));
      if (joined.codePointCount(0, joined.length()) <= 8 && words.add(joined)) {
        known.add(joined);
      }
    }
    return new ArrayList<>(words);
  }

  /**
   * A {@code precompiled_charsmap} of these replacements. Each state has a block of 256 units of
   * its own.
   */
  static byte[] characterMap(Map<String, String> replacements) {
    List<String> states = new ArrayList<>(List.of(""));
    for (String key : replacements.keySet()) {
      String bytes = new String(key.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      for (int length = 1; length <= bytes.length(); length++) {
        if (!states.contains(bytes.substring(0, length))) {
          states.add(bytes.substring(0, length));
        }
      }
    }
    int[] units = new int[256 * (states.size() + 1)];
    units[0] = 256 << 10;
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    texts.write(0);
    for (int i = 1; i < states.size(); i++) {
      String state = states.get(i);
      int label = state.charAt(state.length() - 1);
      int parent = 256 * (states.indexOf(state.substring(0, state.length() - 1)) + 1);
      int unit = parent ^ label;
      int own = 256 * (i + 1);
      units[unit] = (unit ^ own) << 10 | label;
      String key = new String(state.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      if (replacements.containsKey(key)) {
        units[unit] |= 1 << 8;
        units[own] = 1 << 31 | texts.size();
        texts.writeBytes(replacements.get(key).getBytes(StandardCharsets.UTF_8));
        texts.write(0);
      }
    }
    return characterMap(units, texts.toByteArray());
  }

  static byte[] characterMap(int[] units, byte[] replacements) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + 4 * units.length + replacements.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(4 * units.length);
    for (int unit : units) {
      bytes.putInt(unit);
    }
    return bytes.put(replacements).array();
  }

  private static GgufWriter tokens(String model, List<String> texts, String unknown) {
    boolean spm = model.equals("llama");
    boolean scored = spm || model.equals("t5");
    List<String> all = new ArrayList<>(List.of(unknown, "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(UNKNOWN, CONTROL, CONTROL));
    if (spm || model.equals("gemma4")) {
      for (int b = 0; b < 256; b++) {
        all.add(new String(ByteToken.text(b), StandardCharsets.US_ASCII));
        types.add(BYTE);
      }
    }
    for (String text : texts) {
      all.add(text);
      types.add(scored && !spm && text.hashCode() % 50 == 0 ? UNUSED : NORMAL);
    }
    for (String text : SPECIAL) {
      all.add(text);
      types.add(CONTROL);
    }
    for (String text : USER) {
      if (!all.contains(text)) {
        all.add(text);
        types.add(USER_DEFINED);
      }
    }
    GgufWriter writer =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("tokenizer.ggml.model", model)
            .put("tokenizer.ggml.tokens", all.toArray(String[]::new))
            .put("tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray());
    if (scored) {
      Random random = new Random(44);
      float[] scores = new float[all.size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = -random.nextInt(200) / 4f; // many are equal
      }
      writer.put("tokenizer.ggml.scores", scores);
    }
    return writer;
  }

  static GgufFile open(GgufWriter writer) {
    return GgufFile.of(Path.of("small.gguf"), writer.toBytes());
  }
}
