package dev.lanekeeper.files;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** Who may read and write what is made in a folder. */
public enum Rights {
  /** Whom the process's umask leaves it to. */
  UMASK,
  /** This user alone, whatever the umask: folders 0700, files 0600. */
  OWN;

  private static final Set<PosixFilePermission> OWN_FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWN_FILE =
      PosixFilePermissions.fromString("rw-------");

  Optional<Set<PosixFilePermission>> folder() {
    return this == OWN ? Optional.of(OWN_FOLDER) : Optional.empty();
  }

  Optional<Set<PosixFilePermission>> file() {
    return this == OWN ? Optional.of(OWN_FILE) : Optional.empty();
  }
}
