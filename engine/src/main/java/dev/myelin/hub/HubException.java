package dev.myelin.hub;

import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;

/** A model that cannot be found, downloaded or stored. Thread-safe. */
public class HubException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public HubException(String message) {
    super(Printable.of(message));
  }

  public HubException(String message, Throwable cause) {
    super(Printable.of(message), cause);
  }
}
