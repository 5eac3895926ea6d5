import { realS3Servers } from './s3-servers.ts'

/** Says which real S3 servers the tests will run against; fails if there is none. */
const names = realS3Servers().map((server) => server.name)
if (names.length === 0) {
  process.stderr.write(
    'no real S3 server: put versitygw on PATH or name it by CAIRN_VERSITYGW, install radosgw ceph-mon ceph-osd, or set CAIRN_TEST_S3_ENDPOINT\n',
  )
  process.exitCode = 1
} else {
  process.stdout.write(`real S3 servers for the tests: ${names.join(', ')}\n`)
}
