package dev.myelin.error;

/**
 * The pages or slots that sequences share are used up. Nothing was computed; the request succeeds
 * once other sequences are closed or shortened. Thread-safe.
 */
public final class CapacityException extends MyelinException {
  private static final long serialVersionUID = 1L;

  private final long needed;
  private final long available;

  /**
   * @param what the sequence asked for, such as "pages of 64 positions"
   * @param needed how many it needs
   * @param available how many are left
   * @param total how many there are
   */
  public CapacityException(String what, long needed, long available, long total) {
    super(
        "out of memory for sequences: %s %s needed, %s of %s free"
            .formatted(needed, what, available, total));
    this.needed = needed;
    this.available = available;
  }

  public long needed() {
    return needed;
  }

  public long available() {
    return available;
  }
}
