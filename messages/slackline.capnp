# Every message between actors. One root struct, so that a frame has one way in, whoever sent it.
#
# Payloads are Data: float32, little-endian, in chunks of at most 64 MiB, each starting at a
# multiple of 64 bytes. Counts, items and positions are as in the run's one order; times are
# milliseconds.
@0xc1f0a2b74d3e9581;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("slackline::wire");

enum Role {
  coordinator @0;
  sequencer @1;
  shard @2;
  worker @3;
  checkpointer @4;
  evaluator @5;
  node @6;                      # what a node daemon does for the cluster; index: place in the file
  registrar @7;                 # one a cluster: which runs there are, and which nodes
  client @8;                    # a command line; index: given by the registrar's node
}

struct Address {
  role @0 :Role;
  index @1 :UInt32;
  copy @2 :UInt16;              # of a shard or sequencer that has several
}

struct Message {
  from @0 :Address;
  to @1 :Address;
  run @2 :UInt64;
  era @3 :UInt64;
  union {
    pull @4 :Pull;              # worker -> shard
    pulled @5 :Pulled;          # shard -> worker
    push @6 :Push;              # worker -> shard
    landed @7 :Landed;          # shard -> worker
    refused @8 :Refused;        # shard -> worker
    join @9 :Join;              # worker -> sequencer
    beat @10 :Beat;             # worker -> sequencer
    grant @11 :Grant;           # sequencer -> worker
    commit @12 :Commit;         # worker -> sequencer
    outcome @13 :Outcome;       # sequencer -> worker
    failed @14 :Failed;         # worker -> sequencer
    cancel @15 :Cancel;         # sequencer -> worker
    records @16 :Records;       # sequencer -> shard
    recordsHeld @17 :RecordsHeld;  # shard -> sequencer
    restore @18 :Restore;       # coordinator -> shard: begin an era with this state
    restored @19 :Restored;     # shard -> coordinator
    start @20 :Start;           # coordinator -> sequencer, worker: an era begins
    snapshot @21 :Snapshot;     # shard -> checkpointer, evaluator
    account @22 :Account;       # sequencer -> checkpointer, evaluator: the ledger at a cut
    published @23 :Published;   # checkpointer -> coordinator
    evaluated @24 :Evaluated;   # evaluator -> coordinator
    progress @25 :Progress;     # sequencer -> coordinator
    control @26 :Control;       # registrar -> coordinator -> sequencer
    ready @27 :Ready;           # any -> coordinator: this actor is here, in a new life
    cutFailed @28 :CutFailed;   # checkpointer, evaluator -> coordinator
    started @29 :Started;       # sequencer -> coordinator: the era's books are open
    inquire @30 :Inquire;       # coordinator -> shard, sequencer: what do you hold?
    holds @31 :Holds;           # shard, sequencer -> coordinator
    leave @32 :Leave;           # worker -> sequencer: its open items can be leased again
    hello @33 :Hello;           # first on a connection, both ways
    proof @34 :Proof;           # second, both ways
    goodbye @35 :Goodbye;       # last: why this side closes
    ping @36 :Ping;             # on every connection, once a heartbeat
    peerChanged @37 :PeerChanged;  # a node's links -> its own actors
    nodeState @38 :NodeState;   # node -> registrar, once a heartbeat
    assign @39 :Assign;         # registrar -> node, once a heartbeat
    submit @40 :Submit;         # client -> registrar
    submitted @41 :Submitted;   # registrar -> client
    declined @42 :Declined;     # registrar -> client
    attach @43 :Attach;         # client -> registrar
    cancelRun @44 :CancelRun;   # client -> registrar
    ask @45 :Ask;               # client -> registrar
    told @46 :Told;             # registrar -> client
    runEvent @47 :RunEvent;     # run -> registrar -> attached clients
    lost @48 :Lost;             # shard, sequencer -> coordinator: this era cannot go on
    kept @49 :Kept;             # coordinator -> shard, sequencer: what logs are needed for
    lead @50 :Lead;             # coordinator -> copy: be its part's primary
    follow @51 :Follow;         # coordinator -> copy: the former primary is over
    standing @52 :Standing;     # copy -> coordinator, once a heartbeat
    append @53 :Append;         # primary -> copy: what was taken in
    appended @54 :Appended;     # copy -> primary
    fenced @55 :Fenced;         # coordinator -> copy: this life is over
    primaries @56 :Primaries;   # coordinator -> worker, sequencer: who answers for each part
    move @57 :Move;             # client -> registrar: another node is to hold a part
    place @58 :Place;           # registrar -> coordinator: the same, by copies
    joinCluster @59 :JoinedNode;       # client -> registrar: it belongs to the cluster from now on
    reshard @60 :Reshard;       # client -> registrar
    removeNode @61 :RemoveNode; # client -> registrar
  }
}

struct Pull {
  request @0 :UInt64;           # named by the worker; the answer carries it
  incarnation @1 :UInt64;
  item @2 :UInt64;
  floor @3 :UInt64;             # answered once this count is applied
  tables @4 :List(List(UInt64));  # per table: ids of the rows wanted from this shard
}

struct Pulled {
  request @0 :UInt64;
  item @1 :UInt64;
  count @2 :UInt64;             # the version of every slice in this answer
  dense @3 :List(Data);         # chunks of one contiguous slice
  tables @4 :List(Data);        # per table: [ids, width]
}

struct Push {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  base @2 :UInt64;              # lowest count that the gradient was computed on
  dense @3 :List(Data);
  tables @4 :List(TableSlice);
  attempt @5 :UInt64;           # tells this gradient of the item from the worker's others
  withdrawn @6 :List(UInt64);   # the worker's attempts that it gave up and never commits
}

struct TableSlice {
  ids @0 :List(UInt64);
  rows @1 :Data;                # [ids, width]
}

struct Landed {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  attempt @2 :UInt64;
}

enum Refusal {
  era @0;                       # of another era
  fenced @1;                    # this incarnation is over
  malformed @2;                 # shapes do not fit
  full @3;                      # over the bound of slices held for this worker
  notReady @4;                  # being restored: try again
  poison @5;                    # not finite, or longer than the run allows
}

struct Refused {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  why @2 :Refusal;
  sentence @3 :Text;
  attempt @4 :UInt64;           # the push's; a pull's request
}

struct Join { incarnation @0 :UInt64; }

struct Beat {
  incarnation @0 :UInt64;
  open @1 :List(UInt64);
}

struct Grant {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  floor @2 :UInt64;
  lease @3 :UInt64;             # numbers the era's leases
}

struct Commit {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  base @2 :UInt64;
  squaredNorm @3 :Float64;
  computeMs @4 :Int64;
  loss @5 :Float64;             # mean over the item's samples
  attempt @6 :UInt64;
  lease @7 :UInt64;             # under which it was computed
}

# As actors/order.hpp says it.
enum Answer {
  first @0;
  duplicate @1;
  recompute @2;
  skipped @3;
  fenced @4;
}

struct Outcome {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  answer @2 :Answer;
  attempt @3 :UInt64;           # the commit's
}

struct Failed {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  cause @2 :Text;
  lease @3 :UInt64;
}

struct Cancel {
  incarnation @0 :UInt64;
  item @1 :UInt64;
  lease @2 :UInt64;
}

struct Records {
  first @0 :UInt64;             # position of the first
  records @1 :List(Record);     # none: what do you hold?
  incarnation @2 :UInt64;       # of the sequencer's life
}

# Everything that a shard must take in one order: the records themselves, and what it may forget.
struct Record {
  union {
    apply @0 :Apply;
    skip @1 :Skip;
    cut @2 :Cut;
    fence @3 :Fence;
    drop @4 :Drop;
  }
}

struct Apply {
  count @0 :UInt64;
  items @1 :List(AppliedItem);
  divisor @2 :Float32;
  learningRate @3 :Float32;
  correction1 @4 :Float32;
  correction2 @5 :Float32;
}

struct AppliedItem {
  item @0 :UInt64;
  base @1 :UInt64;
  worker @2 :UInt32;
  incarnation @3 :UInt64;
  clip @4 :Float32;
  attempt @5 :UInt64;           # which gradient of that worker
}

struct Skip {
  item @0 :UInt64;
  cause @1 :Text;
}

struct Cut {
  cut @0 :UInt64;
  count @1 :UInt64;
  checkpoint @2 :Bool;
  evaluate @3 :Bool;
  final @4 :Bool;
}

struct Fence {
  worker @0 :UInt32;
  incarnation @1 :UInt64;
  keep @2 :List(UInt64);
}

struct Drop {
  worker @0 :UInt32;
  incarnation @1 :UInt64;
  item @2 :UInt64;
  attempt @3 :UInt64;
}

struct RecordsHeld {
  next @0 :UInt64;              # every position below is held, at the run's level
  incarnation @1 :UInt64;       # of the shard's life
  sequencer @2 :UInt64;         # the life of the sequencer that is answered
  term @3 :UInt64;              # since when this life answers for the shard
}

struct TablePart {
  ids @0 :List(UInt64);
  rows @1 :Data;                # [ids, width]
  state @2 :List(Data);         # per slot: [ids, width]
}

struct Restore {
  count @0 :UInt64;
  initial @1 :Bool;             # the run's initial values: nothing else is set
  dense @2 :List(Data);         # chunks of the slice
  state @3 :List(List(Data));   # per slot: chunks
  tables @4 :List(TablePart);
  ledger @5 :Ledger;            # a push for an item that is closed is not kept
  incarnation @6 :UInt64;       # of the shard's life that is meant; 0: whoever is there
  filling @7 :Filling;          # from a primary
}

struct Restored { incarnation @0 :UInt64; }  # of the shard's life

struct Ledger {
  watermark @0 :UInt64;
  appliedAbove @1 :List(UInt64);
  skippedAbove @2 :List(UInt64);
  applied @3 :UInt64;
  skipped @4 :UInt64;
  count @5 :UInt64;
  cuts @6 :UInt64;
  itemsTotal @7 :UInt64;
  triedItems @8 :List(UInt64);
  tries @9 :List(UInt32);
  history @10 :History;
  position @11 :UInt64;         # entries of its era's stream that it is the sum of
}

# How the items of an account came to be closed.
struct History {
  staleness @0 :List(UInt64);   # applied items by staleness
  duplicates @1 :UInt64;
  recomputed @2 :UInt64;
  leasesEnded @3 :UInt64;
  skips @4 :List(Skip);         # the last ones
}

struct Start {
  ledger @0 :Ledger;
  incarnation @1 :UInt64;       # of the sequencer's life that is meant; another does not follow
  recover @2 :Bool;             # a former life began this era: it is in the log
  filling @3 :Filling;          # from a primary
}
struct Started { incarnation @0 :UInt64; }  # of the sequencer's life

struct Snapshot {
  cut @0 :Cut;
  dense @1 :List(Data);
  state @2 :List(List(Data));   # only where the cut is a checkpoint
  tables @3 :List(TablePart);
}

struct Account {
  cut @0 :Cut;
  ledger @1 :Ledger;
}

struct Published {
  cut @0 :Cut;
  path @1 :Text;
  ledger @2 :Ledger;
}

struct Metric {
  name @0 :Text;
  value @1 :Float64;
}

struct Evaluated {
  cut @0 :Cut;
  epoch @1 :UInt64;
  metrics @2 :List(Metric);
}

struct WorkerProgress {
  worker @0 :UInt32;
  incarnation @1 :UInt64;
  clock @2 :UInt64;
  open @3 :UInt32;
  window @4 :UInt32;
  itemMs @5 :Int64;
  failures @6 :UInt64;          # computations that came to nothing on it, in this era
}

struct Progress {
  count @0 :UInt64;
  applied @1 :UInt64;
  skipped @2 :UInt64;
  itemsTotal @3 :UInt64;
  watermark @4 :UInt64;
  history @5 :History;
  workers @6 :List(WorkerProgress);
  loss @7 :Float64;             # smoothed over recent items
  finished @8 :Bool;
  held @9 :Bool;                # nothing more is ordered until it is told to go on ...
  heldBehind @10 :UInt64;       # ... since this cut
}

struct Control {
  union {
    checkpoint @0 :Void;        # place a checkpoint cut now
    stopEarly @1 :Void;         # lease nothing new, then finish
    finalCut @2 :Void;          # place the run's last cut again
    hold @3 :Void;              # order nothing more, and have all of it in a checkpoint
    goOn @4 :Void;              # after that
  }
}

struct Ready { incarnation @0 :UInt64; }

struct CutFailed {
  cut @0 :Cut;
  sentence @1 :Text;
}

struct Inquire {}

struct Holds { incarnation @0 :UInt64; }  # the message's era is the one it holds; 0: none

struct Leave { incarnation @0 :UInt64; }

struct Lost { sentence @0 :Text; }

# The oldest checkpoint that is kept is of this era and the sum of so many entries of its stream.
struct Kept { position @0 :UInt64; }

# Copies. A shard, or the sequencer, may be held by several actors on several nodes. One of them is
# its primary; the coordinator's list says which hold all that the primary has acknowledged. A term
# numbers the lists of a part.

struct Copy {
  copy @0 :UInt16;
  incarnation @1 :UInt64;
}

struct Lead {
  incarnation @0 :UInt64;       # of the life that is meant
  term @1 :UInt64;
  members @2 :List(Copy);       # the list without the primary
  filling @3 :List(Copy);       # they are to be given all that the primary holds
}

struct Follow {
  incarnation @0 :UInt64;
  term @1 :UInt64;              # what comes under an older one is refused
}

# The message's era is the one that is held; 0: none.
struct Standing {
  incarnation @0 :UInt64;
  term @1 :UInt64;
  leads @2 :Bool;
  next @3 :UInt64;              # frames that were taken in, in this era
  level @4 :List(Copy);         # filled under this term: the primary waits for them already
  astray @5 :List(Copy);        # they hold something else than the primary
  leaving @6 :Bool;             # its node is asked to end: another is to answer
  handsOver @7 :Bool;           # it leaves when another has all that it holds
  bytes @8 :UInt64;             # of its state
  busy @9 :UInt32;              # thousandths of the time, lately
}

struct Move {
  part @0 :Address;             # the first copy of a shard or of the sequencer
  to @1 :Text;                  # the node that is to hold it
  from @2 :Text;                # the node that is not to any more; empty: the primary's
}

struct Place {
  part @0 :Address;             # the copy that is to hold it
  insteadOf @1 :UInt16;         # the copy that is not to, once the other does
}

# A frame as it was taken in.
struct Passed { segments @0 :List(Data); }

struct Append {
  term @0 :UInt64;
  first @1 :UInt64;             # position of the first
  frames @2 :List(Passed);      # none: what do you hold?
  held @3 :UInt64;              # every frame below is held by all that are in sync
}

struct Appended {
  term @0 :UInt64;
  incarnation @1 :UInt64;
  next @2 :UInt64;              # every frame below is held, at the run's level
  count @3 :UInt64;             # a version, and a digest of some of its bits; 0: none
  digest @4 :UInt32;
  filled @5 :UInt64;            # the term of the filling that it began with; 0: none
}

# What a copy begins with, beside a state. The first frames that it gets were taken in before and are
# not in the state yet.
struct Filling {
  term @0 :UInt64;
  position @1 :UInt64;          # of the first frame behind those
  carried @2 :UInt64;           # how many they are
  fences @3 :List(Fence);
}

struct Fenced {
  incarnation @0 :UInt64;
  sentence @1 :Text;
}

struct Primary {
  copy @0 :UInt16;
  term @1 :UInt64;              # a newer one replaces what was said before
}

struct Primaries {
  sequencer @0 :Primary;
  shards @1 :List(Primary);
}

# Links. Either side of a new connection says hello, and with the other's nonce proves that it
# knows the cluster's secret; nothing else is read before.

enum Lane {
  control @0;                   # small messages and heartbeats
  data @1;                      # what carries payloads
}

struct Hello {
  protocolMin @0 :UInt16;
  protocolMax @1 :UInt16;
  cluster @2 :Text;
  node @3 :Text;                # the sender's name; empty: a client
  wanted @4 :Text;              # the dialler says whom it wants to talk to
  incarnation @5 :UInt64;       # of the sender's process; a newer one fences out the older
  lane @6 :Lane;
  nonce @7 :Data;               # 32 random bytes
}

struct Proof { mac @0 :Data; }  # HMAC-SHA256, 32 bytes

struct Goodbye { sentence @0 :Text; }

struct Ping {}

struct PeerChanged {
  node @0 :UInt32;              # its place in the cluster file
  up @1 :Bool;                  # its control connection stands
  incarnation @2 :UInt64;
  sentence @3 :Text;            # why it is down
}

# The cluster.

struct TensorSpec {
  name @0 :Text;
  shape @1 :List(UInt64);
  init @2 :Init;
}

struct TableSpec {
  name @0 :Text;
  width @1 :UInt64;
  init @2 :Init;
}

struct Init {
  kind @0 :Kind;
  scale @1 :Float32;
  enum Kind {
    zero @0;
    uniform @1;
    normal @2;
  }
}

# A job as its user wrote it. Relative paths in it stand in `folder`.
struct JobText {
  file @0 :Text;                # for error messages
  text @1 :Text;
  folder @2 :Text;
  overrides @3 :List(Text);     # "section.key=value"
}

# All that a node must know to hold its part of a run.
struct RunSpec {
  run @0 :UInt64;
  job @1 :JobText;              # with the cluster's number of workers and shards as overrides
  samples @2 :UInt64;           # of the training set
  checksum @3 :UInt32;          # of the training set: workers must have the same
  tensors @4 :List(TensorSpec);
  tables @5 :List(TableSpec);
  firstEra @6 :UInt64;          # eras from here on belong to this submission
  adopt @7 :Bool;               # it may be in the middle of an era: look before beginning one
  removed @8 :List(UInt32);     # nodes that were taken out of the cluster
}

enum Hosting {
  idle @0;
  opening @1;                   # loading data
  open @2;
  refused @3;                   # it cannot hold its part; the sentence says why
  leaving @4;                   # it was asked to end
}

struct NodeState {
  incarnation @0 :UInt64;
  pid @1 :Int64;
  parentPid @2 :Int64;
  program @3 :Text;
  run @4 :UInt64;               # that it holds, opens or refuses; 0: none
  hosting @5 :Hosting;
  sentence @6 :Text;
}

struct Assign {
  run @0 :UInt64;               # that the node is to hold; 0: none
  spec @1 :RunSpec;             # where the node does not hold it yet; else absent
  joined @2 :List(JoinedNode);  # behind the nodes of the cluster file, in this order
  leave @3 :Bool;               # it is taken out of the cluster: it hands over, and ends
}

# A node that is not in the cluster file that the others were started with.
struct JoinedNode {
  name @0 :Text;
  host @1 :Text;
  port @2 :UInt16;
  shard @3 :Bool;               # it can hold shards and the sequencer
  workers @4 :UInt32;
  ofFile @5 :Bool;              # it was in the file when that was read again
}

struct Submit {
  job @0 :JobText;
  resume @1 :Bool;
}

struct Submitted {
  run @0 :UInt64;
  name @1 :Text;
  ahead @2 :UInt32;             # runs that come before it
  goingOn @3 :Bool;             # it was there already
}

struct Declined {
  sentence @0 :Text;
  usage @1 :Bool;               # the user has to change the command or the job
}

struct Attach { name @0 :Text; }

struct CancelRun { name @0 :Text; }

struct Ask {
  what @0 :What;
  enum What {
    status @0;
    runs @1;
    checkpoint @2;              # of the run that is trained, now
    rebalance @3;               # its shards are to move to where there is room
    roster @4;                  # the nodes, as they are counted now
    reload @5;                  # the cluster file was edited
  }
}

# The active run is to have so many shards. The same again asks how far that is.
struct Reshard { shards @0 :UInt32; }

# It leaves the cluster for good.
struct RemoveNode { name @0 :Text; }

struct Told { json @0 :Text; }

struct Introduced {
  samples @0 :UInt64;
  workers @1 :UInt32;
  shards @2 :UInt32;
  batch @3 :UInt32;
  blas @4 :Text;
  checkpointDir @5 :Text;
}

struct EraBegun {
  era @0 :UInt64;
  ledger @1 :Ledger;
  why @2 :Text;
}

struct Ended {
  how @0 :How;
  sentence @1 :Text;            # why it failed
  enum How {
    done @0;
    failed @1;
    cancelled @2;
  }
}

struct RunEvent {
  union {
    introduced @0 :Introduced;
    era @1 :EraBegun;
    progress @2 :Progress;
    evaluated @3 :Evaluated;
    published @4 :Published;
    happened @5 :Text;
    warned @6 :Text;
    ended @7 :Ended;
    copies @8 :List(PartCopies);
    held @9 :Held;
  }
}

# What became of a wish to hold.
struct Held {
  count @0 :UInt64;             # of the checkpoint that has all that is ordered
  refusal @1 :Text;             # why there is none, and the run goes on; empty: there is one
}

# A shard's or the sequencer's.
struct PartCopies {
  part @0 :Address;             # of the primary; where there is none, of the first
  led @1 :Bool;                 # there is a primary
  wanted @2 :UInt16;
  members @3 :List(UInt16);     # copies that are in sync
  lacking @4 :List(UInt16);     # copies that are to be, there or not
  bytes @5 :UInt64;             # of one's state
  busy @6 :UInt32;              # thousandths of the primary's time, lately
}
