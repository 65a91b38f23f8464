package dev.myelin.cli;

/** The version in the jar's manifest. */
final class Version {
  private Version() {}

  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return "myelin " + (version == null ? "(not packaged)" : version);
  }
}
