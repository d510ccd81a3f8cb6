#!/bin/bash
# PID 1 of the machine that measures: an NFS server, and two clients in network namespaces of their own.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev 2>/dev/null; mount -t tmpfs tmp /tmp; mount -t tmpfs run /run
mkdir -p /dev/shm; mount -o remount,rw /
for m in nfsd nfsv4 sch_netem veth; do modprobe $m || echo "NO MODULE $m"; done
ip link set lo up
mkdir -p /data/export /mnt/a /mnt/b /local; mount /dev/ubdb /data; mkdir -p /data/export /data/local
mount -t nfsd nfsd /proc/fs/nfsd; mkdir -p /run/rpc_pipefs /var/lib/nfs/v4recovery /run/netns; mount -t rpc_pipefs rpc /run/rpc_pipefs
echo "/data/export 10.0.0.0/8(rw,sync,no_subtree_check,no_root_squash,insecure,fsid=0)" > /etc/exports
for c in a b; do
  n=$([ $c = a ] && echo 1 || echo 2)
  ip netns add $c; ip link add v$c type veth peer name eth0 netns $c
  ip addr add 10.0.$n.1/24 dev v$c; ip link set v$c up
  ip -n $c addr add 10.0.$n.2/24 dev eth0; ip -n $c link set eth0 up; ip -n $c link set lo up
done
exportfs -ra; rpc.nfsd -N 3 -V 4.1 8 || echo NFSD FAILED; rpc.mountd -N 3 --no-udp 2>/dev/null; nfsdcld 2>/dev/null
cat /proc/fs/nfsd/nfsv4leasetime /proc/fs/nfsd/nfsv4gracetime; echo 15 > /dev/null
delay() { for c in a b; do tc qdisc replace dev v$c root netem delay $1 limit 100000; ip netns exec $c tc qdisc replace dev eth0 root netem delay $1 limit 100000; done; }
OPT=nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport
mnt() { c=$1; n=$([ $c = a ] && echo 1 || echo 2); nsenter --net=/run/netns/$c unshare -u sh -c "hostname client-$c; mount -t nfs4 -o $OPT 10.0.$n.1:/ /mnt/$c" && grep /mnt/$c /proc/mounts; }
cd /bench
echo "== kernel $(uname -r), node $(node --version), classic-level $(node -p "require('classic-level/package.json').version")"
for c in a b; do ip netns exec $c sh -c "echo client-$c > /sys/fs/nfs/net/nfs_client/identifier" 2>/dev/null; done
sleep 1
if [ ! -e /bench/locks-only ]; then
echo "== local ext4"; rm -rf /data/local/w; mkdir /data/local/w; node measure.js world /data/local/w
for d in 0 0.3ms 1.35ms 5ms; do
  delay $d
  mnt a || { dmesg | tail -5; break; }
  [ $d = 0 ] && dd if=/dev/zero of=/data/local/s bs=4k count=200 oflag=sync 2>&1 | tail -1
  echo "== NFSv4.1, $d each way"; true
  rm -rf /mnt/a/w; mkdir /mnt/a/w; nsenter --net=/run/netns/a node measure.js world /mnt/a/w
  umount /mnt/a
done
fi
delay 0.3ms; mnt a; mnt b; mkdir -p /mnt/a/l
run() { nsenter --net=/run/netns/$1 node measure.js "${@:2}"; }
hold() { # hold CLIENT: begins to write there, and waits until it does
  : > /tmp/held; run $1 hold /mnt/$1/l > /tmp/held & until [ $(wc -l < /tmp/held) -gt 200 ]; do sleep 0.2; done
}
end() { pkill -9 -f "measure.js $1"; while pgrep -f "measure.js $1" >/dev/null; do sleep 0.1; done; }
lock() { # lock CLIENT SECONDS: takes the program's own lock there
  end lockdir; rm -rf /mnt/a/l/options.json.lock; : > /tmp/lock; run $1 lockdir /mnt/$1/l $2 > /tmp/lock 2>&1 & until grep -q locked /tmp/lock; do sleep 0.2; done
}
echo "== two openers, one client"; hold a; run a try /mnt/a/l 2
echo "== two openers, two clients"; run b try /mnt/b/l 3
echo "== after kill -9, the other client at once"; end hold; echo "said $(tail -1 /tmp/held)"; run b try /mnt/b/l 120
echo "== after kill -9, the same client at once"; hold a; end hold; echo "said $(tail -1 /tmp/held)"; run a try /mnt/a/l 120
echo "== the machine is cut off while it writes; the other client tries until it gets in"; hold a; ip link set va down; echo "said $(tail -1 /tmp/held)"; run b try /mnt/b/l 240; echo "said by then $(tail -1 /tmp/held)"
echo "== the machine comes back 20 s later, and its program is still there"; sleep 20; ip link set va up; sleep 30; echo "said $(tail -1 /tmp/held)"; pgrep -f 'measure.js hold' >/dev/null && echo "the old holder still runs" || echo "the old holder has ended"; dmesg | grep -i "nfs.*lock\|lost" | tail -3; run b try /mnt/b/l 5; end hold; run b try /mnt/b/l 5
echo "== the program's own lock, as the other client sees it"; lock a 100; run b watchlock /mnt/b/l 45; tail -1 /tmp/lock
umount /mnt/b; OPT=$OPT,noac; mnt b >/dev/null; echo "== the same, mounted with noac"; lock a 100; run b watchlock /mnt/b/l 45; tail -1 /tmp/lock
for s in 8 20 60; do echo "== the server is away for $s s"; lock a 200; sleep 6; ip link set va down; sleep $s; ip link set va up; sleep 30; tail -1 /tmp/lock; done
echo "== END"; sync; echo o > /proc/sysrq-trigger; sleep 5
