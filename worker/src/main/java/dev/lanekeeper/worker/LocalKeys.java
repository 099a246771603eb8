package dev.lanekeeper.worker;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.UUID;

/**
 * Key pairs in a folder: {@code NAME.key} (PKCS #8 PEM, readable by its owner only), {@code
 * NAME.pub}.
 */
public final class LocalKeys {

  private final Path folder;

  /** Keys in this folder, which need not exist. */
  public LocalKeys(Path folder) {
    this.folder = folder;
  }

  /** The key of a name. */
  public Optional<SigningKey> find(String name) throws IOException {
    Path privateKey = folder.resolve(name + ".key");
    Path publicKey = folder.resolve(name + ".pub");
    if (!Files.exists(privateKey) || !Files.exists(publicKey)) {
      return Optional.empty();
    }
    return Optional.of(SigningKey.ofPem(Files.readString(privateKey), Files.readString(publicKey)));
  }

  /** The key pair whose private half is this file, {@code NAME.key}. */
  public static Optional<SigningKey> ofFile(Path privateKey) throws IOException {
    String name = privateKey.getFileName().toString().replaceFirst("\\.key$", "");
    return new LocalKeys(privateKey.toAbsolutePath().getParent()).find(name);
  }

  /**
   * Makes a key pair.
   *
   * @throws FileAlreadyExistsException when either half of one of that name is there
   */
  public SigningKey create(String name) throws IOException {
    Files.createDirectories(folder);
    for (String half : new String[] {name + ".key", name + ".pub"}) {
      if (Files.exists(folder.resolve(half))) {
        throw new FileAlreadyExistsException(folder.resolve(half).toString());
      }
    }
    SigningKey key = SigningKey.generate();
    place(name + ".key", "rw-------", key.privatePem());
    place(name + ".pub", "rw-r--r--", key.verifyKey().pem());
    return key;
  }

  /** Puts a file there whole: a crash leaves it or nothing. */
  private void place(String name, String rights, String text) throws IOException {
    Path fresh = folder.resolve(name + ".new-" + UUID.randomUUID());
    try (var channel =
        Files.newByteChannel(
            fresh,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(rights)))) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }
    Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * The key of a name, made if there is none; a private half alone, left by a crash, is made anew.
   */
  public SigningKey findOrCreate(String name) throws IOException {
    Files.createDirectories(folder);
    // Two workers that start at once in a new home must not each make half of the pair.
    try (StoreLock lock = StoreLock.take(folder.resolve("lock"))) {
      Optional<SigningKey> found = find(name);
      if (found.isPresent()) {
        return found.get();
      }
      if (!Files.exists(folder.resolve(name + ".pub"))) {
        Files.deleteIfExists(folder.resolve(name + ".key"));
      }
      return create(name);
    }
  }

  /** Whether the private half of a key is here. */
  public boolean holds(Digest thumbprint, String name) {
    try {
      Path publicKey = folder.resolve(name + ".pub");
      return Files.exists(folder.resolve(name + ".key"))
          && Files.exists(publicKey)
          && VerifyKey.ofPem(Files.readString(publicKey)).thumbprint().equals(thumbprint);
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }
}
