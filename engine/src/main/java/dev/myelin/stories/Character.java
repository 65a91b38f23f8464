package dev.myelin.stories;

/** Somebody in a story. */
record Character(Role role, String name, boolean female, boolean animal, String kind) {

  /** What somebody is to the hero, by the letter that templates call them. */
  enum Role {
    /** The hero. */
    H,
    /** A friend. */
    F,
    /** Another friend. */
    G,
    /** One of the hero's family. */
    E,
    /** A grown-up outside the family. */
    N,
    /** A pet, which does not speak. */
    P
  }

  String he() {
    return female ? "she" : "he";
  }

  String him() {
    return female ? "her" : "him";
  }

  String his() {
    return female ? "her" : "his";
  }

  String himself() {
    return female ? "herself" : "himself";
  }

  /** Name, with the kind of an animal: "Pip the mouse". */
  String full() {
    return animal ? name + " the " + kind : name;
  }
}
