// What the compiler must refuse: each line with a mark, and no other.
import { HookVault } from "hookvault/client";

const vault = new HookVault({ url: "https://vault.example", token: "t" });
new HookVault({ token: "t" }); // wrong: it needs a URL
vault.submit("app"); // wrong: it needs an input
vault.jobs({ status: ["done"] }); // wrong: no such status
vault.wait("7").then((job) => job.state); // wrong: the record has a status
vault.events("7", { until: "later" }); // wrong: no such end
vault.ticket({ scope: "everything" }).then(({ token }) => token); // wrong: the answer is a ticket
