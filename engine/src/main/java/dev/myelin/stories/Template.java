package dev.myelin.stories;

import java.util.List;

/** A template: text and placeholders that are filled when a story is generated. */
sealed interface Template {
  /** Literal text. */
  record Text(String text) implements Template {}

  /**
   * {@code [name.form]}: a character or a word that stays the same throughout a story.
   *
   * @param form the form, empty for the base form
   * @param capitalized whether the first letter is capitalized
   */
  record Slot(String name, String form, boolean capitalized) implements Template {}

  /** {@code <rule>}: the expansion of a rule. */
  record RuleCall(String rule) implements Template {}

  /** {@code {a|b}}: one of several alternatives. */
  record Choice(List<Template> options) implements Template {}

  /** A sequence of templates. */
  record Sequence(List<Template> parts) implements Template {}

  /** {@code //}: a paragraph may end here. */
  record ParagraphBreak() implements Template {}
}
