package dev.myelin.hub;

import java.net.URI;
import java.util.Optional;

/**
 * A file on a server. Immutable and thread-safe.
 *
 * @param uri its address
 * @param name its last path segment, untrusted
 * @param bytes its size
 * @param digest its check sum, empty if the server states none
 * @param etag its version, empty if the server states none
 */
public record RemoteFile(
    URI uri, String name, long bytes, Optional<Digest> digest, Optional<String> etag) {
  /** The largest size that is accepted: 8 TB. */
  private static final long MAX_BYTES = 1L << 43;

  public RemoteFile {
    if (bytes < 1 || bytes > MAX_BYTES) {
      throw new HubException(name + ": size " + bytes + ": expected 1 to " + MAX_BYTES + " bytes");
    }
  }
}
