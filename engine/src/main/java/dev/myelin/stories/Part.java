package dev.myelin.stories;

import java.util.List;

/** A template: text, and what is filled in when a story is told. */
sealed interface Part {
  /** As it is. */
  record Text(String text) implements Part {}

  /**
   * {@code [name.form]}: a character or a word that stays the same in a story.
   *
   * @param form which form of it, empty for the plain one
   * @param capital whether it begins with a capital
   */
  record Slot(String name, String form, boolean capital) implements Part {}

  /** {@code <rule>}. */
  record Call(String rule) implements Part {}

  /** {@code {a|b}}. */
  record Choice(List<Part> options) implements Part {}

  /** One after the other. */
  record Sequence(List<Part> parts) implements Part {}

  /** {@code //}: a paragraph may end here. */
  record Break() implements Part {}
}
