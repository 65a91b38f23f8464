package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Vocabulary.SpecialIds;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Finds a file's special tokens: by its keys, by what its kind of tokenizer takes for granted, and
 * by texts that are known. Whatever is found by its text becomes a control token, as files often
 * forget to say so.
 */
final class VocabularyReader {
  private static final String PREFIX = "tokenizer.ggml.";

  /** What holds where the file says nothing; an id is {@link Vocabulary#NONE} for none. */
  record Defaults(int bos, int eos, int unknown, boolean addsBos, boolean addsEos) {}

  private final GgufFile file;
  private final Metadata metadata;
  private final TokenTable tokens;
  private final List<String> notes = new ArrayList<>();
  private final Map<SpecialRole, Integer> roles = new EnumMap<>(SpecialRole.class);

  VocabularyReader(GgufFile file, TokenTable tokens) {
    this.file = file;
    this.metadata = file.metadata();
    this.tokens = tokens;
  }

  Vocabulary read(Defaults defaults) {
    int bos = id("bos_token_id", defaults.bos);
    int eos = id("eos_token_id", defaults.eos);
    int unknown = id("unknown_token_id", defaults.unknown);
    findRoles();
    TreeSet<Integer> ends = ends(eos);
    StrippingTokens.mark(metadata, tokens);
    boolean addsBos = metadata.bool("tokenizer.ggml.add_bos_token", defaults.addsBos);
    boolean addsEos = metadata.bool("tokenizer.ggml.add_eos_token", defaults.addsEos);
    requireIf(addsBos, bos, "bos");
    requireIf(addsEos, eos, "eos");
    SpecialIds ids =
        new SpecialIds(
            bos,
            eos,
            roles.get(SpecialRole.END_OF_TURN),
            roles.get(SpecialRole.END_OF_MESSAGE),
            unknown,
            padding(),
            ascending(ends));
    return new Vocabulary(file.path(), tokens, ids, addsBos, addsEos, suppressed(), notes);
  }

  private static int[] ascending(TreeSet<Integer> ids) {
    int[] array = new int[ids.size()];
    int size = 0;
    for (int id : ids) {
      array[size++] = id;
    }
    return array;
  }

  private int id(String name, int otherwise) {
    // not by +, which takes a process milliseconds when it first does it
    String key = PREFIX.concat(name);
    if (!metadata.has(key)) {
      return otherwise < size() ? otherwise : Vocabulary.NONE;
    }
    long id = metadata.i64(key);
    if (id < 0 || id >= size()) {
      // as llama.cpp does: published files have such ids
      notes.add(
          "key %s = %s is no token, expected 0 to %s: not used".formatted(key, id, size() - 1));
      return otherwise < size() ? otherwise : Vocabulary.NONE;
    }
    return (int) id;
  }

  /** Tokens that the file never wants to see sampled; ids beyond the vocabulary do not matter. */
  private int[] suppressed() {
    String key = PREFIX.concat("suppress_tokens");
    if (!metadata.has(key)) {
      return new int[0];
    }
    GgufArray array = metadata.array(key);
    if (!array.elementType().isInteger()) {
      throw metadata.error(key, "expected an array of token ids");
    }
    if (array.size() > TokenTable.MOST) {
      throw metadata.error(key, "expected at most " + TokenTable.MOST + " ids");
    }
    TreeSet<Integer> ids = new TreeSet<>();
    int beyond = 0;
    for (int i = 0; i < array.size(); i++) {
      long id = array.i64(i);
      if (id >= 0 && id < size()) {
        ids.add((int) id);
      } else {
        beyond++;
      }
    }
    if (beyond > 0) {
      notes.add(
          "key %s: %s of its %s ids are no tokens, expected 0 to %s: not used"
              .formatted(key, beyond, array.size(), size() - 1));
    }
    return ascending(ids);
  }

  /** Padding is never generated nor read here, and files in use name one beyond their tokens. */
  private int padding() {
    String key = "tokenizer.ggml.padding_token_id";
    long id = metadata.has(key) ? metadata.i64(key) : Vocabulary.NONE;
    return id < size() ? (int) Math.max(id, Vocabulary.NONE) : Vocabulary.NONE;
  }

  private void requireIf(boolean added, int id, String name) {
    if (added && id == Vocabulary.NONE) {
      throw metadata.error(PREFIX + name + "_token_id", "expected the token to add to each text");
    }
  }

  private void findRoles() {
    for (SpecialRole role : SpecialRole.values()) {
      int id = Vocabulary.NONE;
      for (String key : role.keys()) {
        id = id(key, id);
      }
      roles.put(role, id == Vocabulary.NONE ? control(role.texts()) : id);
    }
  }

  /** The first of these tokens that there is, made a control token. */
  private int control(List<String> texts) {
    for (String text : texts) {
      int id = tokens.find(text);
      if (id != Vocabulary.NONE) {
        tokens.mark(id, Attribute.CONTROL);
        return id;
      }
    }
    return Vocabulary.NONE;
  }

  private TreeSet<Integer> ends(int eos) {
    TreeSet<Integer> ends = new TreeSet<>();
    for (Map.Entry<SpecialRole, Integer> role : roles.entrySet()) {
      if (role.getKey().ends()) {
        ends.add(role.getValue());
      }
    }
    for (String text : SpecialRole.ENDS) {
      ends.add(control(List.of(text)));
    }
    ends.add(eos);
    ends.remove(Vocabulary.NONE);
    for (String text : SpecialRole.RENDERED) {
      set(tokens.find(text), Attribute.USER_DEFINED);
    }
    // with tools, <|end|> only ends a message among several
    boolean call = contains(ends, "<|call|>") || contains(ends, "<|calls|>");
    if (call && (contains(ends, "<|return|>") || contains(ends, "<|flush|>"))) {
      keepOn(ends, "<|end|>", Attribute.USER_DEFINED);
    }
    if (contains(ends, "<|tool_response>")) {
      keepOn(ends, "</s>", Attribute.NORMAL);
    }
    return ends;
  }

  private boolean contains(TreeSet<Integer> ends, String text) {
    return ends.contains(tokens.find(text));
  }

  private void keepOn(TreeSet<Integer> ends, String text, int attribute) {
    int id = tokens.find(text);
    if (ends.remove(id)) {
      set(id, attribute);
    }
  }

  private void set(int id, int attribute) {
    if (id != Vocabulary.NONE) {
      tokens.attributes()[id] = (byte) attribute;
    }
  }

  private int size() {
    return tokens.texts().size();
  }
}
