package dev.lanekeeper.files;

import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may do what with a file.
 *
 * @param permissions for owner, group and others
 * @param owners who these are; empty where only the permissions matter
 */
public record Access(Set<PosixFilePermission> permissions, Optional<Owners> owners) {

  /** As the bits of a mode stand, from 0400 to 0001. */
  private static final List<PosixFilePermission> IN_ORDER =
      List.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  /** The owner and the group of a file. */
  public record Owners(UserPrincipal owner, GroupPrincipal group) {
    @Override
    public String toString() {
      return owner.getName() + ":" + group.getName();
    }
  }

  /** Copies the set. */
  public Access {
    permissions = Set.copyOf(permissions);
  }

  static Access of(PosixFileAttributes found) {
    return new Access(found.permissions(), Optional.of(new Owners(found.owner(), found.group())));
  }

  /**
   * The permissions alone, as {@link #mode} says them.
   *
   * @throws IllegalArgumentException when it is another text
   */
  public static Access ofMode(String mode) {
    if (!mode.matches("0[0-7]{3}")) {
      throw new IllegalArgumentException("expected a mode of four octal digits, as 0644");
    }
    int bits = Integer.parseInt(mode, 8);
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (PosixFilePermission permission : IN_ORDER) {
      if ((bits & bit(permission)) != 0) {
        permissions.add(permission);
      }
    }
    return new Access(permissions, Optional.empty());
  }

  /** The permissions as {@code chmod} takes them: four octal digits. */
  public String mode() {
    return String.format(Locale.ROOT, "%04o", permissions.stream().mapToInt(Access::bit).sum());
  }

  private static int bit(PosixFilePermission permission) {
    return 0400 >> IN_ORDER.indexOf(permission);
  }
}
