package dev.myelin.stories;

/** A character of a story. */
record StoryCharacter(Role role, String name, boolean female, boolean animal, String kind) {

  /** The role of a character, named by its letter in templates. */
  enum Role {
    /** The hero. */
    H,
    /** A friend. */
    F,
    /** Another friend. */
    G,
    /** A member of the hero's family. */
    E,
    /** A grown-up outside the family. */
    N,
    /** A pet, which does not speak. */
    P
  }

  String subject() {
    return female ? "she" : "he";
  }

  String object() {
    return female ? "her" : "him";
  }

  String possessive() {
    return female ? "her" : "his";
  }

  String reflexive() {
    return female ? "herself" : "himself";
  }

  /** The name; of an animal, with its kind: "Pip the mouse". */
  String nameWithKind() {
    return animal ? name + " the " + kind : name;
  }
}
