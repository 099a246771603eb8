package dev.lanekeeper.worker;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Key pairs in a folder: {@code NAME.key} (PKCS #8 PEM, readable by its owner only), {@code
 * NAME.pub}.
 */
public final class LocalKeys {

  private static final long LIMIT = 64 << 10;

  /** What is done before a key is written. */
  interface Before {
    /** Called before a new key is written to the disk. */
    void writing() throws IOException;
  }

  private final Root folder;
  private final String publicRights;
  private final Before before;

  /** Keys in this folder, which need not exist; public halves are for everybody to read. */
  public LocalKeys(Path folder) {
    this(Root.at(folder, Rights.OWN), "rw-r--r--", () -> {});
  }

  /** The keys of a home, none of whose files is anybody else's to read. */
  LocalKeys(Root folder, Before before) {
    this(folder, "rw-------", before);
  }

  private LocalKeys(Root folder, String publicRights, Before before) {
    this.folder = folder;
    this.publicRights = publicRights;
    this.before = before;
  }

  /** The key of a name. */
  public Optional<SigningKey> find(String name) throws IOException {
    Optional<byte[]> privateKey = folder.find(name + ".key", LIMIT);
    Optional<byte[]> publicKey = folder.find(name + ".pub", LIMIT);
    return privateKey.isPresent() && publicKey.isPresent()
        ? Optional.of(SigningKey.ofPem(text(privateKey.get()), text(publicKey.get())))
        : Optional.empty();
  }

  /** The key pair whose private half is this file, {@code NAME.key}. */
  public static Optional<SigningKey> ofFile(Path privateKey) throws IOException {
    String name = privateKey.getFileName().toString().replaceFirst("\\.key$", "");
    Path beside = privateKey.toAbsolutePath().getParent();
    try {
      return Optional.of(
          SigningKey.ofPem(
              text(Named.read(beside.resolve(name + ".key"), LIMIT)),
              text(Named.read(beside.resolve(name + ".pub"), LIMIT))));
    } catch (NoSuchFileException halfAPairIsNone) {
      return Optional.empty();
    }
  }

  private static String text(byte[] pem) {
    return new String(pem, StandardCharsets.UTF_8);
  }

  /**
   * Makes a key pair.
   *
   * @throws FileAlreadyExistsException when either half of one of that name is there
   */
  public SigningKey create(String name) throws IOException {
    before.writing();
    folder.make();
    for (String half : List.of(name + ".key", name + ".pub")) {
      if (folder.kind(half) != Kind.ABSENT) {
        throw new FileAlreadyExistsException(folder.path(half).toString());
      }
    }
    SigningKey key = SigningKey.generate();
    place(name + ".key", "rw-------", key.privatePem());
    place(name + ".pub", publicRights, key.verifyKey().pem());
    return key;
  }

  /** Puts a file there whole: a crash leaves it or nothing. */
  private void place(String name, String rights, String text) throws IOException {
    folder.replace(
        name, text.getBytes(StandardCharsets.US_ASCII), PosixFilePermissions.fromString(rights));
  }

  /**
   * The key of a name, made if there is none; a private half alone, left by a crash, is made anew.
   */
  public SigningKey findOrCreate(String name) throws IOException {
    before.writing();
    folder.make();
    // Two workers that start at once in a new home must not each make half of the pair.
    try (StoreLock lock = StoreLock.take(folder, "lock")) {
      Optional<SigningKey> found = find(name);
      if (found.isPresent()) {
        return found.get();
      }
      if (folder.kind(name + ".pub") == Kind.ABSENT) {
        folder.delete(name + ".key");
      }
      return create(name);
    }
  }

  /** Whether the private half of a key is here. */
  public boolean holds(Digest thumbprint, String name) {
    try {
      Optional<byte[]> publicKey = folder.find(name + ".pub", LIMIT);
      return folder.kind(name + ".key") == Kind.FILE
          && publicKey.isPresent()
          && VerifyKey.ofPem(text(publicKey.get())).thumbprint().equals(thumbprint);
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }
}
