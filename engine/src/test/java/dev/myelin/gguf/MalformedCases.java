package dev.myelin.gguf;

import java.util.ArrayList;
import java.util.List;

/** A list of malformed files. */
abstract class MalformedCases {
  private final List<MalformedGguf.Case> cases = new ArrayList<>();

  final List<MalformedGguf.Case> cases() {
    return cases;
  }

  final void add(String description, byte[] file, String... messageParts) {
    cases.add(new MalformedGguf.Case(description, file, List.of(messageParts)));
  }

  final void add(String description, RawGguf file, String... messageParts) {
    add(description, file.build(), messageParts);
  }
}
