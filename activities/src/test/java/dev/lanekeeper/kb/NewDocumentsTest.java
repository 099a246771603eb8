package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.lane.KbPath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents that are only imagined read as they would when they were imported. */
final class NewDocumentsTest {

  private static final KbIdentity IDENTITY = new KbIdentity("imagined", "test");

  @TempDir private Path folder;

  private static Map<KbPath, byte[]> documents(String... paths) {
    Map<KbPath, byte[]> documents = new TreeMap<>();
    for (String path : paths) {
      documents.put(new KbPath(path), path.getBytes(StandardCharsets.UTF_8));
    }
    return documents;
  }

  @Test
  void documents_areWhatAnImportLeaves() throws Exception {
    Map<KbPath, byte[]> documents = documents("a.md", "Docs/b.md", "Docs/More/c.md");
    Path kb = folder.resolve("kb");
    Path ledger = folder.resolve("ledger");
    DirectoryKnowledgeBase.create(kb, ledger, IDENTITY);
    KnowledgeBase imported = new DirectoryKnowledgeBase(kb, ledger, Clock.systemUTC(), List.of());
    imported.importDocuments(documents, "somebody");
    KbReader imagined = new NewDocuments(IDENTITY, documents);
    assertThat(imagined.identity()).isEqualTo(imported.identity());
    assertThat(imagined.inventory()).isEqualTo(imported.inventory());
    for (String path :
        List.of("a.md", "A.md", "docs/b.md", "Docs/more/d.md", "Docs/B.md/x", "a.md/x", "z.md")) {
      KbPath at = new KbPath(path);
      assertThat(imagined.collision(at)).as(path).isEqualTo(imported.collision(at));
    }
    assertThat(imagined.head(new KbPath("a.md"))).isEqualTo(imported.head(new KbPath("a.md")));
    assertThat(imagined.read(new KbPath("z.md"))).isEmpty();
    assertThat(imagined.ledger().openClaims()).isEmpty();
  }

  @Test
  void names_thatDifferByCaseOnly_areRefusedAsAnImportDoes() {
    assertThatThrownBy(() -> new NewDocuments(IDENTITY, documents("a/b.md", "A/c.md")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("PATH_COLLISION");
  }
}
