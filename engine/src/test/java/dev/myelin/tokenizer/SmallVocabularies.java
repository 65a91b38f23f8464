package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Generated vocabularies, independent of external data. */
final class SmallVocabularies {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
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

  private static GgufWriter tokens(String model, List<String> texts, String unknown) {
    boolean spm = model.equals("llama");
    List<String> all = new ArrayList<>(List.of(unknown, "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(UNKNOWN, CONTROL, CONTROL));
    if (spm) {
      for (int b = 0; b < 256; b++) {
        all.add(new String(ByteToken.text(b), StandardCharsets.US_ASCII));
        types.add(BYTE);
      }
    }
    for (String text : texts) {
      all.add(text);
      types.add(NORMAL);
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
    if (spm) {
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
