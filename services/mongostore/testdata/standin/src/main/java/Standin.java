import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Standin answers MongoDB's wire protocol from memory for as long as its standard input stays open. */
public final class Standin {
    /** The stock version object reports wire version 8; the Go driver wants 9 (MongoDB 4.4) or newer. */
    private static final MongoVersion SIX = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(6, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 17;
        }
    };

    public static void main(String[] args) throws IOException {
        MongoServer server = new MongoServer(new MemoryBackend().version(SIX));
        System.out.println(server.bind().getPort()); // a free loopback port
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0); // at once: everything is in memory, nothing is to be saved
    }
}
