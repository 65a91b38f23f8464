package dev.myelin.gguf;

import java.util.ArrayList;
import java.util.List;

/** Collects malformed files. */
abstract class MalformedTable {
  private final List<MalformedGguf.Case> cases = new ArrayList<>();

  final List<MalformedGguf.Case> cases() {
    return cases;
  }

  final void add(String what, byte[] file, String... words) {
    cases.add(new MalformedGguf.Case(what, file, List.of(words)));
  }

  final void add(String what, RawGguf file, String... words) {
    add(what, file.build(), words);
  }
}
