/** The stores that the contract knows. */
export const storeNames = ['aws', 'double', 'versitygw', 'ceph-rgw'] as const

/** A store of the contract. */
export type StoreName = (typeof storeNames)[number]

const noChecksums = 'Ceph 16.2 keeps and compares no checksum but Content-MD5'
const noVersionedConditions = 'Ceph 16.2 ignores If-None-Match in a versioned bucket'
const noIfMatch = 'Ceph 16.2 refuses every write with If-Match, also one that names what is on top'

/** What Ceph does not do for any of the checksums of the API. */
const cephChecksums = Object.fromEntries(
  ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'].flatMap((algorithm) => [
    [`a ${algorithm} of the content is kept and told by a head`, noChecksums],
    [`a ${algorithm} of other content is refused`, noChecksums],
  ]),
)

/**
 * What a store is known not to do as AWS does, and why.
 *
 * Keys are names of behaviours in `contract/`. The contract expects the store to fail there, so that an entry
 * that is no longer true fails the tests.
 */
export const deviations: Readonly<Record<StoreName, Readonly<Record<string, string>>>> = {
  aws: {},
  double: {},
  versitygw: {
    'a version that is gone is destroyed once more without an error':
      '1.8.0 answers 400 InvalidArgument while the key has other versions',
    'no version is listed twice, wherever a page ends':
      '1.8.0 begins a page with the marked version where that is the current one; pages of one never end',
    'attributes of an object tell its size and checksum at once':
      '1.8.0 does not take the space after the comma that the SDK puts between attributes',
    'attributes tell how many parts an object has': '1.8.0 tells no parts',
    'an upload that is completed cannot be completed with other parts':
      '1.8.0 answers any further completion with what the first one made',
    'a key that a marker hides counts as absent to If-None-Match':
      '1.8.0 counts a key that a marker hides as present',
    'a default lock of the bucket is told by a head of the version':
      '1.8.0 enforces the default lock of a bucket and does not report it',
    'a bucket without lifecycle rules says so': '1.8.0 has no lifecycle rules: 501',
    'lifecycle rules are told as they were set': '1.8.0 has no lifecycle rules: 501',
    'a bucket tells how it encrypts, and so does an object': '1.8.0 does not encrypt: 501',
    'a presigned upload by a client with default checksums takes only an empty body':
      '1.8.0 looks at checksums in headers and not in the query of a URL',
  },
  'ceph-rgw': {
    ...cephChecksums,
    'an object that came without a checksum gets a CRC64NVME from the store': noChecksums,
    'a CRC64NVME of parts is that of the whole': noChecksums,
    'a completion with the CRC64NVME of something else is refused': noChecksums,
    'a SHA256 of parts is one over theirs, and says so': noChecksums,
    'a SHA256 of the whole cannot be had of parts': noChecksums,
    'a part with a checksum of other content is refused': noChecksums,
    'an upload of parts without checksums gets a CRC64NVME of the whole': noChecksums,
    'a presigned upload bound to a SHA256 takes no other content': noChecksums,
    'a presigned upload by a client with default checksums takes only an empty body': noChecksums,
    'a stream is taken with its checksum behind it':
      'Ceph 16.2 knows no aws-chunked encoding with a trailer: 411',
    'attributes of an object tell its size':
      'Ceph 16.2 answers GetObjectAttributes with the object, which is no XML',
    'attributes of an object tell its size and checksum at once':
      'Ceph 16.2 answers GetObjectAttributes with the object, which is no XML',
    'attributes tell how many parts an object has':
      'Ceph 16.2 answers GetObjectAttributes with the object, which is no XML',
    'parts out of order are refused': 'Ceph 16.2 puts them in order',
    'the version of a marker is answered 405': 'Ceph 16.2 answers 404',
    'a destroyed version is called NoSuchVersion': 'Ceph 16.2 calls it NoSuchKey',
    'If-None-Match writes what is not there, and refuses what is (versioned)':
      noVersionedConditions,
    'of several writers with If-None-Match exactly one wins (versioned)': noVersionedConditions,
    'a completion with If-None-Match is refused where the key exists': noVersionedConditions,
    'If-Match refuses a state that is no longer on top (unversioned)': noIfMatch,
    'If-Match refuses a state that is no longer on top (versioned)': noIfMatch,
    'a completion tells the ETag of the object, which ends with the number of parts':
      'Ceph 16.2 answers a completion with an ETag that the SDK reads as empty',
    'an upload that is completed cannot be completed with other parts':
      'Ceph 16.2 answers 500 InternalError',
    'a bucket tells how it encrypts, and so does an object':
      'Ceph 16.2 has no encryption unless it is given a key service',
  },
}
