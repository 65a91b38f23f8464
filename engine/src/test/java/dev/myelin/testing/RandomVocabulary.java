package dev.myelin.testing;

import dev.myelin.gguf.GgufWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Valid tokenizers of any size: every byte, then merges of two earlier tokens. */
public final class RandomVocabulary {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;
  private static final int MAX_LENGTH = 12;

  /** Values of {@code tokenizer.ggml.model} and {@code .pre}. */
  public enum Kind {
    SPM("llama", null),
    GPT_2("gpt2", "gpt-2", "<|endoftext|>"),
    LLAMA_BPE("gpt2", "llama-bpe", "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"),
    QWEN2("gpt2", "qwen2", "<|endoftext|>", "<|im_start|>", "<|im_end|>");

    private final String model;
    private final String pre;
    private final List<String> control;

    Kind(String model, String pre, String... control) {
      this.model = model;
      this.pre = pre;
      this.control = List.of(control);
    }

    static Kind ofBpe(String architecture) {
      return architecture.equals("gpt2") ? GPT_2 : QWEN2;
    }
  }

  private final List<String> tokens = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();

  private RandomVocabulary() {}

  static void put(GgufWriter w, Kind kind, int size) {
    RandomVocabulary v = new RandomVocabulary();
    w.put("tokenizer.ggml.model", kind.model);
    if (kind == Kind.SPM) {
      v.spm(size);
      w.put("tokenizer.ggml.scores", floats(v.scores));
      w.put("tokenizer.ggml.unknown_token_id", 0);
      w.put("tokenizer.ggml.bos_token_id", 1);
      w.put("tokenizer.ggml.eos_token_id", 2);
    } else {
      v.bpe(kind, size);
      w.put("tokenizer.ggml.pre", kind.pre);
      w.put("tokenizer.ggml.merges", v.merges.toArray(String[]::new));
      int first = size - kind.control.size();
      w.put("tokenizer.ggml.bos_token_id", first);
      w.put("tokenizer.ggml.eos_token_id", size - 1);
      w.put("tokenizer.ggml.add_bos_token", kind == Kind.LLAMA_BPE);
    }
    w.put("tokenizer.ggml.tokens", v.tokens.toArray(String[]::new));
    w.put("tokenizer.ggml.token_type", v.types.stream().mapToInt(Integer::intValue).toArray());
  }

  private void spm(int size) {
    add("<unk>", 0, UNKNOWN);
    add("<s>", 0, CONTROL);
    add("</s>", 0, CONTROL);
    for (int b = 0; b < 256; b++) {
      add("<0x%02X>".formatted(b), 0, BYTE);
    }
    List<String> letters = new ArrayList<>(List.of("▁"));
    for (char c = 'a'; c <= 'z'; c++) {
      letters.add(String.valueOf(c));
    }
    letters.forEach(letter -> add(letter, -size, NORMAL));
    addMerges(letters, size);
  }

  private void bpe(Kind kind, int size) {
    List<String> letters = Arrays.asList(byteLetters());
    letters.forEach(letter -> add(letter, 0, NORMAL));
    addMerges(letters, size - kind.control.size());
    kind.control.forEach(token -> add(token, 0, CONTROL));
  }

  /** Adds merges of two earlier tokens until there are {@code size} tokens. */
  private void addMerges(List<String> letters, int size) {
    SplittableRandom random = new SplittableRandom(size);
    List<String> parts = new ArrayList<>(letters);
    Set<String> known = new HashSet<>(tokens);
    while (tokens.size() < size) {
      String left = parts.get(random.nextInt(parts.size()));
      String right = parts.get(random.nextInt(parts.size()));
      String joined = left + right;
      if (joined.length() <= MAX_LENGTH && known.add(joined)) {
        merges.add(left + " " + right);
        parts.add(joined);
        add(joined, 259 - tokens.size(), NORMAL);
      }
    }
  }

  private void add(String token, float score, int type) {
    tokens.add(token);
    scores.add(score);
    types.add(type);
  }

  /** GPT-2's printable letter for each byte (Radford et al. 2019). */
  private static String[] byteLetters() {
    String[] letters = new String[256];
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      letters[b] = String.valueOf((char) (printable ? b : next++));
    }
    return letters;
  }

  private static float[] floats(List<Float> list) {
    float[] all = new float[list.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = list.get(i);
    }
    return all;
  }
}
